/** What GPU regions ask of the edge: records of who guards whom, budgets over regions, rights; and who answers for a lost one. */
import { env } from 'cloudflare:workers';
import { orgIdSchema, regionIdSchema } from '@cellbook/shared/ids.ts';
import {
  type BudgetAsk,
  budgetToldSchema,
  regionAskAudience,
  regionAsks,
} from '@cellbook/shared/protocol/region-asks.ts';
import { type RecordChange, recordAnswerSchema } from '@cellbook/shared/protocol/region-record.ts';
import { decodeJwt, SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { createWorld, main, type World } from '../../testing/world.ts';

const secret = 'a secret that all of the regions have';
const [local, elsewhere] = ['local', 'elsewhere'].map((id) => regionIdSchema.parse(id)) as [
  ReturnType<typeof regionIdSchema.parse>,
  ReturnType<typeof regionIdSchema.parse>,
];
const [here = '', there = ''] = env.UPSTREAMS;
const schedulers = (hereUrl: string) =>
  JSON.stringify([
    { id: 'gpu-local', region: 'local', url: hereUrl },
    { id: 'gpu-elsewhere', region: 'elsewhere', url: there },
  ]);
const worldWith = (hereUrl = here) =>
  createWorld({ CELLBOOK_FEDERATION_KEY: secret, CELLBOOK_SCHEDULERS: schedulers(hereUrl) });

async function ask(
  world: World,
  kind: keyof typeof regionAsks,
  said: object,
  { from = 'local', key = secret } = {},
): Promise<Response> {
  const { path, typ } = regionAsks[kind];
  const seconds = Math.floor(world.clock.nowMs() / 1000);
  const body = await new SignJWT({ ...said })
    .setProtectedHeader({ alg: 'HS256', typ })
    .setIssuer(from)
    .setAudience(regionAskAudience)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + 60)
    .sign(new TextEncoder().encode(key));
  return world.fetch(`${main}${path}`, { method: 'POST', body });
}

async function change(world: World, given: RecordChange | null, from = 'local') {
  return recordAnswerSchema.parse(
    await (await ask(world, 'record', { region: local, change: given }, { from })).json(),
  );
}

test('a record is changed by its own region, claimed by its guardian, and of two who change it at once one is refused', async () => {
  const world = await worldWith();
  const { record } = await change(world, null);
  const guard = { type: 'guard', epoch: record.epoch, guardian: elsewhere, ttlMs: 60_000 } as const;
  const both = await Promise.all([change(world, guard), change(world, guard)]);
  expect(both.map(({ refused }) => refused).sort()).toEqual(['epoch', null]);
  const epoch = record.epoch + 1;
  const claim = { type: 'claim', epoch, by: elsewhere, word: null } as const;
  expect(await change(world, claim, 'elsewhere')).toMatchObject({ refused: 'not_expired' });
  const byAnother = await ask(world, 'record', { region: local, change: guard }, { from: 'elsewhere' });
  expect(byAnother.status).toBe(403);
  await world.clock.advance(60_001);
  expect(await change(world, claim, 'elsewhere')).toMatchObject({
    ...{ refused: null, record: { epoch: epoch + 1, guardian: null, claim: { by: 'elsewhere' } } },
  });
  expect(await change(world, { type: 'renew', epoch, ttlMs: 60_000 })).toMatchObject({ refused: 'epoch' });
});

test('what an edge does not know yet is a 404: a region goes on as it did before it knew of it', async () => {
  const world = await worldWith();
  expect(
    (await world.fetch(`${main}/regions/of-a-later-version`, { method: 'POST', body: 'x' })).status,
  ).toBe(404);
});

test('nobody is heard without the secret of the regions', async () => {
  const world = await worldWith();
  const asked = { region: local, change: null };
  const wrong = await ask(world, 'record', asked, { key: 'another secret, as long as the other one' });
  expect(wrong.status).toBe(403);
  const none = await createWorld({ CELLBOOK_SCHEDULERS: schedulers(here) });
  expect((await ask(none, 'record', asked)).status).toBe(403);
});

test('over all regions never more is granted than the cap, and what is given back may be had elsewhere', async () => {
  const world = await worldWith();
  const org = orgIdSchema.parse(decodeJwt(await world.token(await world.signIn('cap@example.org'))).org);
  const settle = async (from: string, given: Partial<BudgetAsk>) => {
    const said = { orgId: org, month: '2026-11', capMicros: 100, usedMicros: 0, wantMicros: 0, ...given };
    return budgetToldSchema.parse(await (await ask(world, 'budget', said, { from })).json());
  };
  const granted = await Promise.all([
    settle('local', { wantMicros: 70 }),
    settle('elsewhere', { wantMicros: 70 }),
  ]);
  expect(granted.map(({ grantedMicros }) => grantedMicros).sort()).toEqual([30, 70]);
  const before = await settle('local', { wantMicros: 100 });
  const after = await settle('local', { wantMicros: 20, usedMicros: 10, givenBackOf: before.revision });
  expect(after).toMatchObject({ grantedMicros: 20, revision: before.revision + 1 });
  expect((await settle('elsewhere', { wantMicros: 90 })).grantedMicros).toBe(80);
  // What is used stays granted, though the cap is lowered.
  expect((await settle('local', { capMicros: 5, wantMicros: 20, usedMicros: 18 })).grantedMicros).toBe(18);
});

test('a user’s cap is his own: neither another’s, nor his organisation’s', async () => {
  const world = await worldWith();
  const { sub, org } = decodeJwt<{ sub: string; org: string }>(
    await world.token(await world.signIn('own@example.org')),
  );
  const said = { orgId: org, month: '2026-11', capMicros: 100, usedMicros: 0, wantMicros: 80 };
  const settle = async (kind: 'budget' | 'userBudget', from: string, given: object) =>
    budgetToldSchema.parse(await (await ask(world, kind, { ...said, ...given }, { from })).json())
      .grantedMicros;
  const his = { userId: sub, capMicros: 90 };
  expect(await settle('userBudget', 'local', his)).toBe(80);
  expect(await settle('userBudget', 'elsewhere', his)).toBe(10);
  expect(await settle('budget', 'elsewhere', {})).toBe(80);
});

test('what is given back is of one answer: not of another that the region had since, and never more than it has', async () => {
  const world = await worldWith();
  const org = orgIdSchema.parse(decodeJwt(await world.token(await world.signIn('back@example.org'))).org);
  const settle = async (from: string, given: Partial<BudgetAsk>) => {
    const said = { orgId: org, month: '2026-11', capMicros: 100, usedMicros: 0, wantMicros: 0, ...given };
    return budgetToldSchema.parse(await (await ask(world, 'budget', said, { from })).json());
  };
  const first = await settle('local', { wantMicros: 100 });
  // It was lowered there to 60, and asks for more before it is told here.
  const second = await settle('local', { wantMicros: 90, usedMicros: 60 });
  expect(second).toEqual({ grantedMicros: 100, revision: first.revision + 1 });
  const cap = { capMicros: Number.MAX_SAFE_INTEGER };
  const late = { ...cap, wantMicros: 60, usedMicros: 20, givenBackOf: first.revision };
  expect(await settle('local', late)).toEqual(second);
  expect((await settle('elsewhere', { wantMicros: 40 })).grantedMicros).toBe(0);
  const more = { ...cap, wantMicros: 500, givenBackOf: second.revision };
  expect((await settle('local', more)).grantedMicros).toBe(100);
});

test('says who may still hand in jobs', async () => {
  const world = await worldWith();
  const { sub, org } = decodeJwt<{ sub: string; org: string }>(
    await world.token(await world.signIn('r@example.org')),
  );
  const rights = async (userId: string, orgId: string) =>
    (await ask(world, 'rights', { userId, orgId })).json();
  expect(await rights(sub, org)).toMatchObject({ maySubmit: true, tier: 'free' });
  const other = decodeJwt(await world.token(await world.signIn('other@example.org')));
  expect(await rights(sub, String(other.org))).toEqual({ maySubmit: false, tier: null });
});

test('what is read of a lost region’s jobs is asked of the one that has taken up its queue, until it is back', async () => {
  const world = await worldWith('http://127.0.0.1:1');
  const token = await world.token(await world.signIn());
  const read = () => world.fetch(`${main}/v1/jobs/echo`, { headers: { authorization: `token ${token}` } });
  const before = (await change(world, null)).record.epoch;
  const guard = { type: 'guard', epoch: before, guardian: elsewhere, ttlMs: 1_000 } as const;
  const { record } = await change(world, guard);
  expect((await read()).status).toBe(503);
  const claim = { type: 'claim', epoch: record.epoch, by: elsewhere, word: 'lost' } as const;
  await change(world, claim, 'elsewhere');
  await world.clock.advance(5_001);
  expect((await read()).status).toBe(200);
  const write = { method: 'POST', headers: { authorization: `token ${token}` } };
  expect((await world.fetch(`${main}/v1/jobs/echo/cancel`, write)).status).toBe(503);
  await change(world, { type: 'guard', epoch: record.epoch + 1, guardian: null, ttlMs: 1_000 });
  await world.clock.advance(5_001);
  expect((await read()).status).toBe(503);
});
