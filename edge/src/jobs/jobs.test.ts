import { env } from 'cloudflare:workers';
import { principalSchema } from '@cellbook/shared/protocol/principal.ts';
import { expect, test } from 'vitest';
import { seenBy } from '../../testing/regions.ts';
import { createWorld, main } from '../../testing/world.ts';

const [here = '', elsewhere = ''] = env.UPSTREAMS;
const scheduler = (id: string, region: string, url: string) => ({ id, region, url });
const nobody = 'http://127.0.0.1:1';

async function worldWith(schedulers: unknown[]) {
  const world = await createWorld({ CELLBOOK_SCHEDULERS: JSON.stringify(schedulers) });
  const token = await world.token(await world.signIn());
  const ask = (path: string, init: RequestInit = {}) =>
    world.fetch(`${main}${path}`, { ...init, headers: { authorization: `token ${token}` } });
  return { world, ask };
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
  const { ask } = await worldWith(schedulers);
  const answer = await ask('/v1/jobs');
  expect([answer.status, answer.headers.has('retry-after')]).toEqual([503, true]);
  expect(await answer.json()).toMatchObject({ code: 'scheduler_unreachable', next: expect.any(String) });
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
