/** What cells hear of ended and changed rights: asked for and told, on a real D1, with servers where cells stand. */
import { env } from 'cloudflare:workers';
import { limits } from '@cellbook/shared/limits.ts';
import { principalSchema } from '@cellbook/shared/protocol/principal.ts';
import {
  type Fact,
  standingAskType,
  standingToldSchema,
  standingToldType,
} from '@cellbook/shared/protocol/standing-api.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type SignedCell, signedCells } from '../../testing/signed-cells.ts';
import { createWorld, main, type World } from '../../testing/world.ts';

let world: World;
let cells: SignedCell[];
let cookie: string;
let org: string;

beforeEach(async () => {
  world = await createWorld();
  cells = await signedCells(world);
  cookie = await world.signIn(`${systemRandom.uuid()}@example.org`);
  ({ orgId: org } = await json<{ orgId: string }>(await call('GET', '/v1/me')));
});

const call = (
  method: string,
  path: string,
  body?: unknown,
  credential: Record<string, string> = { cookie },
) =>
  world.fetch(main + path, {
    ...{ method, headers: { origin: main, ...credential } },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
const json = async <Body>(answer: Response) => answer.json<Body>();
const made = async (path: string, body: unknown) =>
  json<{ id: string; key: string }>(await call('POST', path, body));

async function askedBy(cell: SignedCell | undefined, after: number) {
  if (!cell) throw new Error('there are two cells');
  const answer = await cell.post('/cells/standing', standingAskType, { after });
  expect(answer.status).toBe(200);
  return cell.read(answer, standingToldType, standingToldSchema);
}
const newest = async () => (await askedBy(cells[0], 0)).upTo;
const orgId = () => principalSchema.shape.org.parse(org);
const since = async (seq: number): Promise<Fact[]> => (await askedBy(cells[0], seq)).facts;

async function joined() {
  const { id: shared } = await made('/v1/orgs', { name: 'Acme' });
  const acting = await call('POST', '/v1/session/organisation', { orgId: shared });
  const admin = { cookie: acting.headers.get('set-cookie')?.split(';')[0] ?? '' };
  const invited = await call('POST', `/v1/orgs/${shared}/invitations`, { role: 'member' }, admin);
  const { url } = await json<{ url: string }>(invited);
  const guest = { cookie: await world.signIn(`${systemRandom.uuid()}@example.org`) };
  await world.fetch(url, { method: 'POST', headers: { origin: main, ...guest } });
  const { userId: member } = await json<{ userId: string }>(await call('GET', '/v1/me', undefined, guest));
  return { shared, admin, member };
}

describe('a cell that asks hears', () => {
  test('of a revoked key, once, by a number that it asks from', async () => {
    const { id } = await made('/v1/keys', { name: 'one' });
    const before = await newest();
    expect((await call('DELETE', `/v1/keys/${id}`)).status).toBe(204);
    const told = await askedBy(cells[0], before);
    expect(told).toMatchObject({ after: before, more: false, facts: [{ kind: 'revoked', subject: id }] });
    expect(told.facts[0]?.ms).toBeGreaterThan(world.clock.nowMs());
    expect(await since(told.upTo)).toEqual([]);
  });

  test('of a session that was signed out', async () => {
    const before = await newest();
    const { jti } = decodeJwt(cookie.split('=')[1] ?? '');
    await world.fetch(`${main}/signout`, { method: 'POST', headers: { origin: main, cookie } });
    expect(await since(before)).toMatchObject([{ kind: 'revoked', subject: jti }]);
  });

  test('of a member with another role, and of one who is taken out', async () => {
    const { shared, admin, member } = await joined();
    const before = await newest();
    const path = `/v1/orgs/${shared}/members/${member}`;
    expect((await call('PATCH', path, { role: 'viewer' }, admin)).status).toBe(204);
    expect(await since(before)).toMatchObject([{ kind: 'changed', subject: `${member} ${shared}` }]);
    expect((await call('DELETE', path, undefined, admin)).status).toBe(204);
    const [first, second] = await since(before);
    expect(second?.subject).toBe(first?.subject);
    expect(second?.ms).toBeGreaterThan(first?.ms ?? 0);
  });

  test('of a service account that is disabled', async () => {
    const { id } = await made(`/v1/orgs/${org}/service-accounts`, { name: 'pipeline', role: 'member' });
    const key = await made(`/v1/orgs/${org}/service-accounts/${id}/keys`, { name: 'ci' });
    const before = await newest();
    await call('PATCH', `/v1/orgs/${org}/service-accounts/${id}`, { disabled: true });
    const told = await since(before);
    expect(told.map(({ kind, subject }) => [kind, subject]).sort()).toEqual([
      ['changed', id],
      ['revoked', key.id],
    ]);
  });

  test('of what an organisation has set, with a time that grows whatever the clocks say', async () => {
    const before = await newest();
    const set = (days: number, nowMs: number) => world.edge.orgs.setAuditPolicy(orgId(), { days }, nowMs);
    await set(7, 2_000);
    await set(8, 1_000);
    expect(await since(before)).toEqual([
      { kind: 'policy', subject: org, ms: 2_000 },
      { kind: 'policy', subject: org, ms: 2_001 },
    ]);
  });

  test('everything in pages, and everything anew where its number was never given', async () => {
    const before = await newest();
    const { pageFactsMax } = limits.standing;
    await env.DIRECTORY.prepare(
      `INSERT INTO standing_log (kind, subject, ms) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
       WHERE i < ?) SELECT 'changed', 'user-' || i, i FROM n`,
    )
      .bind(pageFactsMax + 5)
      .run();
    const first = await askedBy(cells[0], before);
    expect([first.facts.length, first.more]).toEqual([pageFactsMax, true]);
    const second = await askedBy(cells[0], first.upTo);
    expect([second.facts.length, second.more, second.after]).toEqual([5, false, first.upTo]);
    const lost = await askedBy(cells[0], second.upTo + 1);
    expect([lost.after, lost.facts.length]).toEqual([0, pageFactsMax]);
  });
});

describe('nobody else', () => {
  test('is told anything: who is no cell, and a cell for another', async () => {
    const [one, other] = cells;
    const stranger = await createWorld();
    const forged = (await signedCells(stranger, 2))[0];
    await signedCells(world, 3);
    const body = await forged?.sign(standingAskType, { after: 0 });
    expect((await world.fetch(`${main}/cells/standing`, { method: 'POST', body: body ?? '' })).status).toBe(
      403,
    );
    expect((await world.fetch(`${main}/cells/standing`, { method: 'POST', body: '{}' })).status).toBe(403);
    expect([one?.id, other?.id]).toEqual(['cell-a', 'cell-b']);
  });
});

test('whoever claims to be a cell that there is not has the pins read no more than once a second', async () => {
  const isolate = world.anotherIsolate(world.clock);
  const reload = vi.spyOn(isolate.edge.pins, 'reload');
  const claim = () => isolate.fetch(`${main}/cells/standing`, { method: 'POST', body: 'e30.e30.e30' });
  for (let times = 0; times < 5; times++) expect((await claim()).status).toBe(403);
  expect(reload).toHaveBeenCalledTimes(1);
  await world.clock.advance(limits.statements.reloadEveryMs);
  await claim();
  expect(reload).toHaveBeenCalledTimes(2);
});

describe('a right that ends is told at once', () => {
  const lastAt = async ({ url }: SignedCell) => fetch(`${url}/standing`);
  test('to every cell, signed for it', async () => {
    const { id } = await made('/v1/keys', { name: 'one' });
    await call('DELETE', `/v1/keys/${id}`);
    for (const cell of cells)
      await expect
        .poll(async () => {
          const answer = await lastAt(cell);
          return answer.ok
            ? (await cell.read(answer, standingToldType, standingToldSchema)).facts.at(-1)
            : null;
        })
        .toMatchObject({ kind: 'revoked', subject: id });
  });
});

describe('a principal', () => {
  const bearer = async () => ({ authorization: `token ${await world.token(cookie)}` });
  const principalOf = async (by: World, credential: Record<string, string>) => {
    const answer = await by.fetch(`${main}/v1/echo`, { headers: credential });
    const { headers } = await json<{ headers: Record<string, string> }>(answer);
    return principalSchema.parse(decodeJwt(headers['cellbook-principal'] ?? ''));
  };

  test('says when its credential ends, and of nothing changed nothing', async () => {
    const credential = await bearer();
    const { exp } = decodeJwt(credential.authorization.split(' ')[1] ?? '');
    const { ends, asOf, policyAsOf } = await principalOf(world, credential);
    expect([ends, asOf, policyAsOf]).toEqual([exp, undefined, undefined]);
  });

  test('says how new it is, once its isolate has heard of a change: by itself, or because a cell says so', async () => {
    const credential = await bearer();
    const behind = world.anotherIsolate(world.clock);
    expect((await principalOf(behind, credential)).asOf).toBeUndefined();
    const atMs = world.clock.nowMs();
    await world.edge.orgs.setPolicy(
      orgId(),
      { tier: 'paid', region: null, emailDomain: null, quotas: {} },
      atMs,
    );
    expect((await principalOf(behind, credential)).asOf).toBeUndefined();
    expect((await behind.fetch(`${main}/v1/outdated`, { headers: credential })).status).toBe(503);
    await expect
      .poll(async () => {
        const { asOf, policyAsOf, tier } = await principalOf(behind, credential);
        return [asOf, policyAsOf, tier];
      })
      .toEqual([expect.any(Number), atMs, 'paid']);
    expect((await principalOf(behind, credential)).asOf).toBeGreaterThanOrEqual(atMs);
  });
});
