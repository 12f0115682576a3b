/** What is over leaves the directory, in bounded steps and by one isolate of many. On a real D1. */
import { env } from 'cloudflare:workers';
import { limits } from '@cellbook/shared/limits.ts';
import { beforeEach, expect, test } from 'vitest';
import { createWorld, main, type World } from '../../testing/world.ts';
import { createUpkeep } from './upkeep.ts';

const { pruneRowsMax, pruneBatchesMax, upkeepEveryMs, changeSettlesMs } = limits.edge;
const db = env.DIRECTORY;
let world: World;

beforeEach(async () => {
  world = await createWorld();
  for (const table of ['upkeep', 'revocations', 'changes', 'ended_sessions'])
    await db.prepare(`DELETE FROM ${table}`).run();
});

const fill = (table: string, columns: string, count: number, atMs: number) =>
  db
    .prepare(
      `INSERT INTO ${table} WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
       SELECT ${columns} FROM n`,
    )
    .bind(count, atMs)
    .run();
const count = async (table: string) =>
  (await db.prepare(`SELECT count(*) AS rows FROM ${table}`).first<{ rows: number }>())?.rows;

test('what is over goes from every table, and what is not stays', async () => {
  const overMs = world.clock.nowMs() - changeSettlesMs;
  const rows: [string, string][] = [
    ['revocations', "'over-' || i, ?2"],
    ['changes', "'over-' || i, 0, ?2"],
    ['ended_sessions', "'over-' || i, 'user', ?2"],
  ];
  for (const [table, columns] of rows) {
    await fill(table, columns, 3, overMs);
    await fill(table, columns.replace('over', 'live'), 2, overMs + 1);
  }
  const cookie = await world.signIn();
  await world.token(cookie);
  expect(await world.edge.upkeep.turn()).toContain('pruning');
  expect(await Promise.all(rows.map(([table]) => count(table)))).toEqual([2, 2, 2]);
  expect((await world.fetch(`${main}/v1/me`, { headers: { cookie } })).status).toBe(200);
  expect(await count('api_keys')).toBe(1);
  await world.clock.advance(limits.edge.tokenTtlMsMax + changeSettlesMs);
  await world.edge.upkeep.turn();
  expect(await Promise.all(['sessions', 'api_keys', 'changes'].map(count))).toEqual([0, 0, 0]);
});

test('a flood is worked off in turns', async () => {
  await fill('revocations', "'over-' || i, ?2", pruneRowsMax * pruneBatchesMax + 5, 1);
  await world.edge.upkeep.turn();
  expect(await count('revocations')).toBe(5);
  await world.clock.advance(upkeepEveryMs);
  await world.edge.upkeep.turn();
  expect(await count('revocations')).toBe(0);
});

test('a time that a wrong clock has set far off keeps nobody from it', async () => {
  await world.edge.upkeep.turn();
  expect(await world.edge.upkeep.turn()).toEqual([]);
  await db.prepare('UPDATE upkeep SET due_at = 9e15').run();
  expect(await world.edge.upkeep.turn()).toContain('pruning');
});

test('of many isolates one does it, and again when it is due', async () => {
  const isolates = Array.from({ length: 5 }, () => world.anotherIsolate(world.clock));
  const turns = () => Promise.all(isolates.map(({ edge }) => edge.upkeep.turn()));
  const pruned = async () => (await turns()).flat().filter((task) => task === 'pruning');
  expect(await pruned()).toHaveLength(1);
  expect(await pruned()).toHaveLength(0);
  await world.clock.advance(upkeepEveryMs);
  expect(await pruned()).toHaveLength(1);
});

test('requests see to it, one in a while, and a task that fails stops no other', async () => {
  const done: string[] = [];
  const failed: string[] = [];
  const behind: Promise<unknown>[] = [];
  const { clock } = world;
  const upkeep = createUpkeep({
    ...{ db, clock },
    tasks: {
      breaking: { everyMs: upkeepEveryMs, work: () => Promise.reject(new Error('broken')) },
      working: { everyMs: upkeepEveryMs, work: async () => done.push('working') },
    },
    onFailure: (task) => failed.push(task),
  });
  world.edge.upkeep = upkeep;
  for (let times = 0; times < 3; times++) upkeep.behind((work) => behind.push(work));
  await Promise.all(behind);
  expect([behind.length, done, failed]).toEqual([1, ['working'], ['breaking']]);
  await clock.advance(upkeepEveryMs);
  upkeep.behind((work) => behind.push(work));
  await Promise.all(behind);
  expect(done).toHaveLength(2);
});
