/** What is counted, through the real stores on real Postgres, against the same worked out the slow way. */

import {
  newOrgId,
  newUserId,
  newVolumeId,
  newWorkspaceId,
  type OrgId,
  type WorkspaceId,
} from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { UsageGroup, UsageStep } from '@cellbook/shared/protocol/usage-api.ts';
import { type Random, seededRandom } from '@cellbook/shared/random.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import { PostgresWorkspaceStore } from '../lifecycle/stores/postgres-workspace-store.ts';
import { phaseStateOf, type WorkspaceRow } from '../lifecycle/stores/workspace-row.ts';
import { upTo } from '../quotas/allowance.ts';
import { createPostgresManifestStore } from '../storage/manifests/postgres-manifest-store.ts';
import { eventually } from '../testing/eventually.ts';
import { readUsage, type UsageAsked, type UsagePiece } from './read-usage.ts';
import { holdUsageClock, type UsageClock } from './testing/usage-clock.ts';
import { UsageHistory } from './testing/usage-history.ts';
import { type Key, UsageModel } from './testing/usage-model.ts';
import { declareSandboxBytes, tidyUsage } from './tidy-usage.ts';

const hourMs = 3_600_000;
const beginMs = Date.parse('2026-01-30T21:17:03.004Z');
let fresh: TestDatabase;
let clock: UsageClock;
beforeEach(async () => {
  fresh = await createTestDatabase();
  clock = await holdUsageClock(fresh.database, beginMs);
}, 60_000);
afterEach(() => fresh?.drop());

const keyOf: Record<UsageGroup, Key> = {
  ...{ workspace: 'workspaceId', user: 'ownerId', team: 'team', organisation: 'orgId' },
};

/** The begins of the steps from one whole hour to another, and the end. */
function stepsOf(by: UsageStep, fromMs: number, toMs: number): number[] {
  const starts = [fromMs];
  for (let atMs = fromMs + hourMs; atMs < toMs && by !== 'total'; atMs += hourMs) {
    const at = new Date(atMs);
    const isDay = at.getUTCHours() === 0;
    if (by === 'hour' || (isDay && (by === 'day' || at.getUTCDate() === 1))) starts.push(atMs);
  }
  return [...starts, toMs];
}

function summed(pieces: readonly UsagePiece[]): Map<string, { activeMs: number; total: number }> {
  const all = new Map<string, { activeMs: number; total: number }>();
  for (const { startSeconds, key, meter, activeMs, total } of pieces) {
    const where = `${startSeconds * 1_000} ${key} ${meter}`;
    const sum = all.get(where) ?? { activeMs: 0, total: 0 };
    all.set(where, { activeMs: sum.activeMs + activeMs, total: sum.total + total });
  }
  return all;
}

async function expectSame(model: UsageModel, asked: UsageAsked & { toMs: number }, nowMs: number) {
  const read = summed(await readUsage(fresh.database, asked));
  const { by, group, fromMs, toMs } = asked;
  const counted = model.counted(keyOf[group], stepsOf(by, fromMs, toMs), nowMs);
  expect([...read.keys()].sort(), `${by} ${group}`).toEqual([...counted.keys()].sort());
  for (const [where, { activeMs, total }] of counted) {
    expect(read.get(where)?.activeMs, `${where} by ${by}`).toBe(Number(activeMs));
    // Of two tiers or sizes two doubles are added.
    expect(Math.abs((read.get(where)?.total ?? 0) - Number(total)), where).toBeLessThanOrEqual(
      Number(total) * 1e-14,
    );
  }
}

describe('usage', () => {
  it.each([1, 2])(
    'is what was held, to the millisecond, whatever crashed, came twice or late, and however the clock went (seed %i)',
    async (seed) => {
      const random = seededRandom(seed);
      const model = new UsageModel();
      const history = new UsageHistory(random, fresh.database, clock, model, beginMs);
      const { orgId } = await history.begin(6);
      let latestMs = beginMs;
      for (let step = 0; step < 120; step++) {
        await history.step();
        latestMs = Math.max(latestMs, history.nowMs);
      }
      const first = Math.floor(beginMs / hourMs) * hourMs;
      const last = Math.ceil(latestMs / hourMs) * hourMs + hourMs;
      for (const by of ['hour', 'day', 'month', 'total'] as const)
        for (const group of ['workspace', 'user', 'team', 'organisation'] as const)
          await expectSame(model, { orgId, fromMs: first, toMs: last, by, group }, history.nowMs);
      const middle = first + random.int((last - first) / hourMs) * hourMs;
      await expectSame(
        model,
        { orgId, fromMs: middle, toMs: middle + 7 * hourMs, by: 'day', group: 'workspace' },
        history.nowMs,
      );
    },
    120_000,
  );

  it('counts each of many that change at once, with commits, teams and tidying between them', async () => {
    const [store, manifests] = [
      new PostgresWorkspaceStore(fresh.database),
      createPostgresManifestStore(fresh.database),
    ];
    const random = seededRandom(5);
    const orgId = newOrgId(random);
    await declareSandboxBytes(fresh.database, 1_000);
    const rows = await Promise.all(
      Array.from({ length: 16 }, async () => {
        const row = await createIn(store, random, orgId);
        await manifests.create(row.id, newVolumeId(random));
        return row;
      }),
    );
    const all = (phase: WorkspaceRow['phase'], bytes: number, team: string) =>
      Promise.all([
        ...rows.map(({ id }) => commitPhase(store, id, phase)),
        ...rows.map(async ({ id }) => {
          const { version: expectedVersion, epoch } = (await manifests.read(id)) ?? expect.fail();
          const about = { root: 'a'.repeat(64), reason: 'save', committedAtMs: beginMs };
          await manifests.commit({
            ...about,
            workspaceId: id,
            expectedVersion,
            epoch,
            bytes,
            versionBytes: 0,
          });
        }),
        ...rows.map(({ id }) => store.edit(id, { team })),
        tidyUsage(fresh.database),
      ]);
    await all('running', 70, 'red');
    await clock.set(beginMs + 2 * hourMs);
    await all('suspended', 0, 'blue');
    await clock.set(beginMs + 9 * hourMs);
    await all('resuming', 0, 'red');
    const asked = { orgId, fromMs: whole(beginMs), toMs: null, by: 'total', group: 'team' } as const;
    expect(await readUsage(fresh.database, asked)).toMatchObject([
      { key: 'red', meter: 'files', total: 16 * 70 * 2 * hourMs },
      { key: 'red', meter: 'running', size: 1_000, activeMs: 16 * 2 * hourMs, total: 16_000 * 2 * hourMs },
    ]);
  }, 60_000);

  it('counts for the team that was there when it waited, and puts a meter right that began with the one before', async () => {
    const store = new PostgresWorkspaceStore(fresh.database);
    const { id, orgId } = await createIn(store, seededRandom(7), newOrgId(seededRandom(8)));
    const client = fresh.database.$client;
    await commitPhase(store, id, 'running');
    const [isHeld, letGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const edit = client.begin(async (tx) => {
      await tx`update workspaces set team = 'blue' where id = ${id}`;
      isHeld.resolve();
      await letGo.promise;
    });
    await isHeld.promise;
    // It finds the meter locked by the edit, and whose the workspace was before beside it.
    const waiting = client`select usage_set(${id}, 'running', true, 5, 5, 0)`.execute();
    const waits = client`
      select count(*)::int as count from pg_locks l join pg_stat_activity a using (pid)
      where not l.granted and a.datname = current_database()`;
    await eventually(async () => Number((await client`${waits}`)[0]?.count)).toBeGreaterThan(0);
    letGo.resolve();
    await Promise.all([edit, waiting]);
    const teams = async () =>
      (await client`select team from usage_meters order by meter`).map(({ team }) => team);
    expect(await teams()).toEqual(['blue']);
    await client`update usage_meters set team = 'red'`;
    await clock.set(beginMs + hourMs);
    await tidyUsage(fresh.database);
    expect(await teams()).toEqual(['blue']);
    const asked = { orgId, fromMs: whole(beginMs), toMs: null, by: 'total', group: 'team' } as const;
    expect(await readUsage(fresh.database, asked)).toMatchObject([{ key: 'red', activeMs: hourMs }]);
  });

  it('counts installed packages by their size, from when they are stored until they are reset', async () => {
    const store = new PostgresWorkspaceStore(fresh.database);
    const random = seededRandom(8);
    const { id, orgId } = await createIn(store, random, newOrgId(random));
    const client = fresh.database.$client;
    await client`insert into environments (workspace_id, org_id, state, bytes, layer, files)
      values (${id}, ${orgId}, 'ready', 7, '{}', 1)`;
    await clock.set(beginMs + hourMs);
    await client`update environments set bytes = 3 where workspace_id = ${id}`;
    await clock.set(beginMs + 2 * hourMs);
    await client`update environments set bytes = 0 where workspace_id = ${id}`;
    await clock.set(beginMs + 5 * hourMs);
    const asked = { orgId, fromMs: whole(beginMs), toMs: null, by: 'total', group: 'workspace' } as const;
    expect(await readUsage(fresh.database, asked)).toMatchObject([
      { meter: 'environment', activeMs: 2 * hourMs, total: 10 * hourMs },
    ]);
  });

  it('keeps what a workspace has used when it is deleted for good, and counts no more of it', async () => {
    const store = new PostgresWorkspaceStore(fresh.database);
    const manifests = createPostgresManifestStore(fresh.database);
    const random = seededRandom(6);
    const { id, ownerId, orgId } = await createIn(store, random, newOrgId(random));
    await manifests.create(id, newVolumeId(random));
    const about = { root: 'a'.repeat(64), reason: 'save', committedAtMs: beginMs };
    await manifests.commit({
      ...about,
      workspaceId: id,
      expectedVersion: 0,
      epoch: 0,
      bytes: 5,
      versionBytes: 3,
    });
    await commitPhase(store, id, 'running');
    await clock.set(beginMs + hourMs);
    await commitPhase(store, id, 'deleted', beginMs + hourMs);
    await manifests.destroy(id);
    const asked = { ownerId, fromMs: whole(beginMs), toMs: null, by: 'total', group: 'workspace' } as const;
    const used = await readUsage(fresh.database, { ...asked, orgId });
    expect(used.map(({ meter, activeMs, total }) => [meter, activeMs, total])).toEqual([
      ['files', hourMs, 5 * hourMs],
      ['running', hourMs, 2 * 1024 ** 3 * hourMs],
      ['versions', hourMs, 3 * hourMs],
    ]);
    await clock.set(beginMs + 30 * hourMs);
    expect(await tidyUsage(fresh.database)).toBe(3);
    expect(await readUsage(fresh.database, asked)).toEqual(used);
    await clock.set(beginMs + (limits.usage.keptDays + 1) * 24 * hourMs);
    expect(await tidyUsage(fresh.database)).toBe(used.length * 2);
    expect(await readUsage(fresh.database, asked)).toEqual([]);
  });
});

const whole = (ms: number): number => Math.floor(ms / hourMs) * hourMs;

async function createIn(store: PostgresWorkspaceStore, random: Random, orgId: OrgId): Promise<WorkspaceRow> {
  const [id, ownerId] = [newWorkspaceId(random), newUserId(random)];
  const common = { tier: 'free', name: 'n', desired: 'suspended', idleSuspendSeconds: null } as const;
  const row = await store.create({ ...common, id, ownerId, orgId, nowMs: beginMs, createKey: id }, upTo(100));
  return row ?? expect.fail('the store refused a workspace');
}

async function commitPhase(
  store: PostgresWorkspaceStore,
  id: WorkspaceId,
  phase: WorkspaceRow['phase'],
  purgedAtMs: number | null = null,
): Promise<void> {
  const row = await store.acquire(id, { holder: 'a', hostIds: [], ttlMs: 60_000 });
  if (!row) throw new Error('no lease');
  const guard = { holder: 'a', epoch: row.epoch, generation: row.generation };
  const state = { ...phaseStateOf(row), phase, purgedAtMs };
  const { committed } = await store.commit(id, guard, { state, hostId: null, transitions: [] });
  expect(committed).toBe(true);
}
