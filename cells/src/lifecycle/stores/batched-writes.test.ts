/** What many executors write at once, on real Postgres: one statement, and each its own answer. */
import { hostIdSchema, newOrgId, newUserId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../db/test-database.ts';
import type { ResumeReport } from '../../ladder/resume-report.ts';
import { upTo } from '../../quotas/allowance.ts';
import type { PhaseCommit } from './lease-store.ts';
import { PostgresTransitionStore } from './postgres-transition-store.ts';
import { PostgresWorkspaceStore } from './postgres-workspace-store.ts';
import type { NewTransition } from './transition-store.ts';
import { phaseStateOf, type WorkspaceRow } from './workspace-row.ts';

const random = seededRandom(23);
const hostId = hostIdSchema.parse('host-a');
const nowMs = 1_750_000_000_000;
const lease = { holder: 'a', hostIds: [hostId], ttlMs: 60_000 };

let fresh: TestDatabase;
let store: PostgresWorkspaceStore;
let transitions: PostgresTransitionStore;
beforeAll(async () => {
  fresh = await createTestDatabase();
  store = new PostgresWorkspaceStore(fresh.database);
  transitions = new PostgresTransitionStore(fresh.database);
});
afterAll(() => fresh?.drop());

async function create(): Promise<WorkspaceRow> {
  const [id, ownerId, orgId] = [newWorkspaceId(random), newUserId(random), newOrgId(random)];
  const common = { tier: 'free', name: 'n', desired: 'suspended', idleSuspendSeconds: null } as const;
  const row = await store.create(
    { ...common, id, ownerId, orgId, nowMs, createKey: random.uuid() },
    upTo(10),
  );
  return row ?? expect.fail('the store refused a workspace');
}

const acquire = async (row: WorkspaceRow) => (await store.acquire(row.id, lease)) ?? expect.fail('no lease');

function entriesOf(row: WorkspaceRow, problem: string | null = null): NewTransition[] {
  const { id: workspaceId, generation, epoch } = row;
  const common = { workspaceId, generation, epoch, holder: 'a', atMs: nowMs };
  return [
    { ...common, kind: 'outcome', step: 'attach_files', outcome: 'ok', durationMs: 1.4, problem },
    { ...common, kind: 'phase', event: 'resume_begun', from: 'suspended', to: 'resuming', problem: null },
    { ...common, kind: 'intent', step: 'start_sandbox' },
  ];
}

const commit = (
  row: WorkspaceRow,
  options: { generation?: number; epoch?: number; release?: boolean } = {},
) =>
  store.commit(
    row.id,
    { holder: 'a', epoch: options.epoch ?? row.epoch, generation: options.generation ?? row.generation },
    {
      state: { ...phaseStateOf(row), phase: 'resuming' },
      ...{ hostId, transitions: entriesOf(row), release: options.release ?? false },
    },
  );

/** As somebody else does; gives what lets it go. */
async function lockRow({ id }: WorkspaceRow): Promise<() => Promise<void>> {
  const [isLocked, letGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const locking = fresh.database.$client.begin(async (sql) => {
    await sql`select 1 from workspaces where id = ${id} for update`;
    isLocked.resolve();
    await letGo.promise;
  });
  await isLocked.promise;
  return async () => {
    letGo.resolve();
    await locking;
  };
}

it('gives leases and commits that come at once to each as if it were alone', async () => {
  const rows = await Promise.all(Array.from({ length: 100 }, create));
  const held = await Promise.all(rows.map(acquire));
  expect(held.map(({ id, epoch }) => ({ id, epoch }))).toEqual(rows.map(({ id }) => ({ id, epoch: 1 })));
  const answers = await Promise.all(
    held.map((row, index) => {
      if (index % 4 === 1) return commit(row, { epoch: 0 });
      if (index % 4 === 2) return commit(row, { generation: 7 });
      return commit(row, { release: index % 4 === 3 });
    }),
  );
  for (const [index, answer] of answers.entries()) {
    const row = held[index] ?? expect.fail();
    if (index % 4 === 1) expect(answer).toEqual({ committed: false, reason: 'lease_lost' });
    else if (index % 4 === 2) expect(answer).toEqual({ committed: false, reason: 'intent_changed' });
    else expect(answer).toMatchObject({ committed: true, row: { id: row.id, phase: 'resuming', hostId } });
    const leaseHolder = index % 4 === 3 ? null : 'a';
    expect(await store.get(row.id)).toMatchObject({ leaseHolder });
    const record = await transitions.list(row.id, null, 10);
    const wanted = index % 4 === 1 || index % 4 === 2 ? [] : ['intent', 'phase', 'outcome'];
    expect(record.map(({ kind }) => kind)).toEqual(wanted);
  }
});

it('does not wait for a row that somebody else has locked, nor keeps it from being written afterwards', async () => {
  const [locked, free] = [await acquire(await create()), await acquire(await create())];
  const letGo = await lockRow(locked);
  let isWritten = false;
  const late = commit(locked).finally(() => {
    isWritten = true;
  });
  const [done, again] = await Promise.all([commit(free), store.acquire(free.id, lease)]);
  expect([done, again]).toMatchObject([{ committed: true }, { epoch: free.epoch }]);
  expect(isWritten).toBe(false);
  await letGo();
  expect(await late).toMatchObject({ committed: true, row: { id: locked.id } });
});

it('commits how a resume went though its cause is in no text that Postgres keeps, alone and among others', async () => {
  const said = 'missed\0 by \ud800';
  const missed: ResumeReport['missed'] = [{ rung: 'memory', cause: 'failed', why: said }];
  const lastResume: ResumeReport = { rung: 'cold', missed, steps: [], durationMs: 5, atMs: nowMs };
  const started = (row: WorkspaceRow): PhaseCommit => {
    const { id: workspaceId, generation, epoch } = row;
    const common = { workspaceId, generation, epoch, holder: 'a', atMs: nowMs, problem: null };
    const moved = { kind: 'phase', event: 'sandbox_started', from: 'resuming', to: 'running' } as const;
    return {
      ...{ hostId, state: { ...phaseStateOf(row), phase: 'running', lastRung: 'cold', lastResume } },
      transitions: [{ ...common, ...moved, resume: lastResume }],
    };
  };
  const guardOf = ({ epoch, generation }: WorkspaceRow) => ({ holder: 'a', epoch, generation });
  const kept = { lastResume: { missed: [{ why: 'missed by \ufffd' }] } };
  const [told, other] = [await acquire(await create()), await acquire(await create())];
  const together = [store.commit(told.id, guardOf(told), started(told)), commit(other)];
  expect(await Promise.all(together)).toMatchObject([{ committed: true, row: kept }, { committed: true }]);

  const alone = await acquire(await create());
  const letGo = await lockRow(alone);
  const late = store.commit(alone.id, guardOf(alone), started(alone));
  // A statement that came later was answered: the batch has found it locked.
  await commit(other);
  await letGo();
  expect(await late).toMatchObject({ committed: true, row: kept });
  expect(await store.get(alone.id)).toMatchObject(kept);
  expect(await transitions.list(alone.id, null, 1)).toMatchObject([{ resume: kept.lastResume }]);
});

it('fails nobody else’s write for one that Postgres does not take', async () => {
  const [odd, other] = [await acquire(await create()), await acquire(await create())];
  const tooLong = { ...entriesOf(odd)[0], durationMs: 2 ** 40 } as NewTransition;
  const [refused, appended, committed] = await Promise.allSettled([
    transitions.append([tooLong]),
    transitions.append(entriesOf(other)),
    commit(other),
  ]);
  expect(refused).toMatchObject({ status: 'rejected' });
  expect(appended).toMatchObject({ status: 'fulfilled' });
  expect(committed).toMatchObject({ status: 'fulfilled', value: { committed: true } });
  expect(await transitions.list(odd.id, null, 10)).toEqual([]);
  expect(await transitions.list(other.id, null, 10)).toHaveLength(6);
});

it('writes what a program said though Postgres can keep it in no text, and nobody else’s entries fail by it', async () => {
  const [one, two] = [await create(), await create()];
  const said = `a\0b\ud800`;
  await Promise.all([transitions.append(entriesOf(one, said)), transitions.append(entriesOf(two))]);
  const [, , outcome] = await transitions.list(one.id, null, 10);
  expect(outcome).toMatchObject({ kind: 'outcome', problem: 'ab\ufffd', durationMs: 1 });
  expect(await transitions.list(two.id, null, 10)).toHaveLength(3);
});
