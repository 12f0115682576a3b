/** More revocations, changes and policies than an isolate holds: slower, and never wrong. On a real D1. */
import { env } from 'cloudflare:workers';
import { limits } from '@cellbook/shared/limits.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { beforeEach, expect, test } from 'vitest';
import { createWorld, main, type World } from '../../testing/world.ts';

const { revocationsMax, changesMax, policiesMax, snapshotRefreshMs } = limits.edge;
const dayMs = 86_400_000;
let world: World;
let isDown = false;
const database = new Proxy(env.DIRECTORY, {
  get(target, property) {
    const value: unknown = Reflect.get(target, property);
    if (typeof value !== 'function') return value;
    if (property === 'batch' && isDown)
      return () => {
        throw new Error('down');
      };
    return value.bind(target);
  },
});

beforeEach(async () => {
  isDown = false;
  world = await createWorld({ DIRECTORY: database });
  for (const table of ['revocations', 'changes', 'org_policies'])
    await env.DIRECTORY.prepare(`DELETE FROM ${table}`).run();
});

const fill = (table: string, columns: string, count: number, ...bound: number[]) =>
  env.DIRECTORY.prepare(
    `INSERT INTO ${table} WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
     SELECT ${columns} FROM n`,
  )
    .bind(count, ...bound)
    .run();
const someone = () => world.signIn(`${systemRandom.uuid()}@example.org`);
const ask = async (headers: Record<string, string>, at = world, path = '/v1/me') =>
  (await at.fetch(`${main}${path}`, { headers })).status;
const signOut = (cookie: string) =>
  world.fetch(`${main}/signout`, { method: 'POST', headers: { origin: main, cookie } });

test('a flood of sessions that end later pushes no revocation out', async () => {
  const [ended, alive] = [await someone(), await someone()];
  const token = await world.token(alive);
  await signOut(ended);
  await fill('revocations', "'flood-' || i, ?2 + i", revocationsMax, world.clock.nowMs() + 8 * dayMs);
  const other = world.anotherIsolate(world.clock);
  expect((await other.edge.revoked.get(() => undefined)).size).toBe(revocationsMax + 1);
  expect(await ask({ cookie: ended }, other)).toBe(401);
  expect(await ask({ cookie: alive }, other)).toBe(200);
  expect(await ask({ authorization: `token ${token}` }, other)).toBe(200);

  isDown = true;
  await world.clock.advance(2 * snapshotRefreshMs);
  expect(await ask({ cookie: alive }, other)).toBe(200);
  expect(await ask({ cookie: ended }, other)).toBe(401);
  const unasked = world.anotherIsolate(world.clock);
  unasked.edge.revoked = other.edge.revoked;
  expect(await ask({ cookie: alive }, unasked)).toBe(503);

  isDown = false;
  await signOut(alive);
  await world.clock.advance(2 * snapshotRefreshMs);
  expect(await ask({ cookie: alive }, other)).toBe(401);
});

test('a change of claims that is held no more makes everybody of before be read anew', async () => {
  const cookie = await someone();
  const me = await world.fetch(`${main}/v1/me`, { headers: { cookie } });
  const { userId, orgId } = await me.json<{ userId: string; orgId: string }>();
  await env.DIRECTORY.prepare('DELETE FROM members WHERE user_id = ? AND org_id = ?')
    .bind(userId, orgId)
    .run();
  const nowMs = world.clock.nowMs();
  await env.DIRECTORY.prepare('INSERT INTO changes VALUES (?, ?, ?)')
    .bind(userId, nowMs, nowMs + dayMs)
    .run();
  await fill('changes', "'flood-' || i, ?2 + i, ?3", changesMax, nowMs, nowMs + dayMs);
  expect(await ask({ cookie }, world.anotherIsolate(world.clock))).toBe(401);
});

test('a policy that is held no more still counts, and one that cannot be read stops its organisation alone', async () => {
  const [limited, broken, free] = [await someone(), await someone(), await someone()];
  const orgOf = async (cookie: string) =>
    (await (await world.fetch(`${main}/v1/me`, { headers: { cookie } })).json<{ orgId: string }>()).orgId;
  const insert = env.DIRECTORY.prepare(
    'INSERT INTO org_policies (org_id, quotas, changed_at) VALUES (?, ?, ?)',
  );
  await insert.bind(await orgOf(limited), '{"user":{"workspaces":3}}', 0).run();
  await insert.bind(await orgOf(broken), '{"user":', 9e14).run();
  const statuses = async (at: World) => [
    await ask({ cookie: limited }, at, '/v1/echo'),
    await ask({ cookie: broken }, at, '/v1/echo'),
    await ask({ cookie: free }, at, '/v1/echo'),
  ];
  expect(await statuses(world.anotherIsolate(world.clock))).toEqual([200, 503, 200]);
  await fill(
    'org_policies (org_id, quotas, changed_at)',
    "'org-' || printf('%020d', i), '{}', ?2",
    policiesMax,
    world.clock.nowMs(),
  );
  const crowded = world.anotherIsolate(world.clock);
  expect(await statuses(crowded)).toEqual([200, 503, 200]);
  const asked = await crowded.edge.askPolicy(
    (await orgOf(limited)) as Parameters<World['edge']['askPolicy']>[0],
  );
  expect(asked).toMatchObject({ quotas: { user: { workspaces: 3 } } });
});
