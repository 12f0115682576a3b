import { env } from 'cloudflare:workers';
import { orgIdSchema } from '@cellbook/shared/ids.ts';
import { principalSchema } from '@cellbook/shared/protocol/principal.ts';
import { decodeJwt } from 'jose';
import { expect, test } from 'vitest';
import { seenBy, sql } from '../../testing/regions.ts';
import { createWorld, main, type World } from '../../testing/world.ts';

const [here = '', elsewhere = ''] = env.UPSTREAMS;
const scheduler = (id: string, region: string, url: string) => ({ id, region, url });
const nobody = 'http://127.0.0.1:1';

async function worldWith(schedulers: unknown[], person?: string) {
  const world = await createWorld({ CELLBOOK_SCHEDULERS: JSON.stringify(schedulers) });
  const token = await world.token(await world.signIn(person));
  const askOf =
    (isolate: World) =>
    (path: string, init: RequestInit = {}) =>
      isolate.fetch(`${main}${path}`, {
        ...init,
        headers: { ...init.headers, authorization: `token ${token}` },
      });
  /** By an isolate that has read nothing before. */
  const askAnew = () => askOf(world.anotherIsolate(world.clock));
  return { world, ask: askOf(world), askAnew, org: orgIdSchema.parse(decodeJwt(token).org) };
}

test('goes to the scheduler of the caller’s region with a principal for it alone', async () => {
  const { ask } = await worldWith([
    scheduler('gpu-elsewhere', 'elsewhere', nobody),
    scheduler('gpu-local', 'local', here),
  ]);
  const { echo, principal } = await seenBy(await ask('/v1/jobs/echo?seconds=60'));
  expect(echo.url).toBe('/v1/jobs/echo?seconds=60');
  expect(principalSchema.parse(principal)).toMatchObject({ aud: 'gpu-local', via: 'token', tier: 'free' });
});

test('a write passes with its body, and is in the record', async () => {
  const { world, ask } = await worldWith([scheduler('gpu-local', 'local', here)]);
  const answer = await ask('/v1/jobs/echo/cancel', { method: 'POST' });
  expect(answer.status).toBe(200);
  await world.edge.audit.settle();
  const { results } = await env.DIRECTORY.prepare(
    `SELECT body FROM audit_events WHERE action = 'job.cancel'`,
  ).all<{ body: string }>();
  expect(results).toHaveLength(1);
});

test('where one does not answer another of the region is asked', async () => {
  const { ask } = await worldWith([
    scheduler('gpu-local', 'local', nobody),
    scheduler('gpu-local', 'local', here),
  ]);
  for (const _ of [1, 2]) expect((await ask('/v1/jobs/echo')).status).toBe(200);
});

test.each([
  ['none answers', [scheduler('gpu-local', 'local', nobody)]],
  ['there is none', []],
])('where %s the answer is a typed 503 that says when to come again', async (_why, schedulers) => {
  const { ask, world } = await worldWith(schedulers);
  const answer = await ask('/v1/jobs');
  expect([answer.status, answer.headers.has('retry-after')]).toEqual([503, true]);
  expect(await answer.json()).toMatchObject({ code: 'scheduler_unreachable', next: expect.any(String) });
  const counted = await (await world.fetch('http://127.0.0.1:8787/metrics')).text();
  expect(counted).toContain(`cellbook_edge_scheduler_unreachable_total ${schedulers.length}\n`);
  // Pins that are published to a few first are taken back by what of cells is counted.
  expect(counted).toContain('cellbook_edge_cell_unreachable_total 0\n');
});

test('the bytes of a result are for whoever has the address, from the region that it names', async () => {
  const { world } = await worldWith([scheduler('gpu-elsewhere', 'elsewhere', elsewhere)]);
  const answer = await world.fetch(`${main}/v1/results/elsewhere/job-1/echo?expires=1&signature=x`, {
    headers: { range: 'bytes=0-1' },
  });
  const echo = await answer.json<{ url: string; headers: Record<string, string> }>();
  expect(echo.url).toBe('/v1/results/elsewhere/job-1/echo?expires=1&signature=x');
  expect(echo.headers.range).toBe('bytes=0-1');
  expect(echo.headers).not.toHaveProperty('cellbook-principal');
});

test('says where the policy of the organisation keeps its data', async () => {
  const schedulers = [scheduler('gpu-local', 'local', here)];
  const free = await worldWith(schedulers);
  expect((await seenBy(await free.ask('/v1/jobs/echo'))).principal).not.toHaveProperty('regions');
  const pinned = await worldWith(schedulers, 'pinned@example.org');
  await sql('INSERT INTO org_policies (org_id, region, changed_at) VALUES (?, ?, 0)', pinned.org, 'local');
  expect((await seenBy(await pinned.askAnew()('/v1/jobs/echo'))).principal.regions).toEqual(['local']);
});

test('a job that has gone to another region is asked for there, but for who insists on this one', async () => {
  const { ask } = await worldWith([
    scheduler('gpu-local', 'local', here),
    scheduler('gpu-elsewhere', 'elsewhere', elsewhere),
  ]);
  const followed = await seenBy(await ask('/v1/jobs/moved'));
  expect(followed.principal.aud).toBe('gpu-elsewhere');
  const refused = await ask('/v1/jobs/moved', { headers: { 'cellbook-region': 'local' } });
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({
    code: 'region_refused',
    ids: { asked: 'local', region: 'elsewhere' },
  });
});

test.each([
  ['are in the record of an organisation that wants them there', true],
  ['are recorded for nobody else', false],
])('reads of what a job holds and made %s', async (_where, reads) => {
  const { askAnew, world, org } = await worldWith(
    [scheduler('gpu-local', 'local', here)],
    `${reads}@example.org`,
  );
  await world.edge.orgs.setAuditPolicy(org, { reads }, world.edge.clock.nowMs());
  const ask = askAnew();
  for (const path of ['echo', 'echo/logs', 'echo/result', 'echo/events', 'unheard-of', ''])
    await (await ask(`/v1/jobs/${path}`)).text();
  const recorded = async () => {
    await world.edge.audit.settle();
    const { results } = await env.DIRECTORY.prepare(
      `SELECT action FROM audit_events WHERE action LIKE 'job.%' AND org_id = ? ORDER BY action`,
    )
      .bind(org)
      .all<{ action: string }>();
    return results.map(({ action }) => action);
  };
  await expect
    .poll(recorded, { timeout: 20_000 })
    .toEqual(reads ? ['job.logs', 'job.read', 'job.read', 'job.result'] : []);
});
