/** What every implementation of the lifecycle's stores does. */

import { hostIdSchema, newOrgId, newUserId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { upTo } from '../../quotas/allowance.ts';
import { eventually } from '../../testing/eventually.ts';
import type { LeaseStore, PhaseCommit } from './lease-store.ts';
import type { TransitionStore } from './transition-store.ts';
import { type NewWorkspace, phaseStateOf, type WorkspaceRow } from './workspace-row.ts';
import type { WorkspaceChange, WorkspaceStore } from './workspace-store.ts';

export interface StoresUnderTest {
  store: WorkspaceStore & LeaseStore;
  transitions: TransitionStore;
  /** Lets that much time pass for the store's own clock. */
  passMs(ms: number): Promise<void>;
}

const random = seededRandom(7);
const hostId = hostIdSchema.parse('host-a');
const otherHostId = hostIdSchema.parse('host-b');
const lease = (holder: string, ttlMs = 60_000) => ({ holder, hostIds: [hostId], ttlMs });

function newWorkspace(changes: Partial<NewWorkspace> = {}): NewWorkspace {
  return {
    id: newWorkspaceId(random),
    ownerId: newUserId(random),
    orgId: newOrgId(random),
    tier: 'free',
    name: 'a notebook',
    desired: 'suspended',
    idleSuspendSeconds: 1_200,
    nowMs: 1_750_000_000_000,
    createKey: random.uuid(),
    ...changes,
  };
}

export function describeStores(name: string, open: () => Promise<StoresUnderTest>): void {
  let store: WorkspaceStore & LeaseStore;
  let transitions: TransitionStore;
  let passMs: StoresUnderTest['passMs'];
  beforeEach(async () => {
    ({ store, transitions, passMs } = await open());
  });

  async function create(changes: Partial<NewWorkspace> = {}): Promise<WorkspaceRow> {
    const row = await store.create(newWorkspace(changes), upTo(100));
    if (!row) throw new Error('the store refused a workspace');
    return row;
  }

  async function acquire(row: WorkspaceRow, holder: string): Promise<WorkspaceRow> {
    const leased = await store.acquire(row.id, lease(holder));
    if (!leased) throw new Error(`${holder} did not get the lease`);
    return leased;
  }

  function resuming(row: WorkspaceRow): PhaseCommit {
    const { id: workspaceId, generation, epoch } = row;
    return {
      state: { ...phaseStateOf(row), phase: 'resuming' },
      hostId,
      transitions: [
        {
          workspaceId,
          generation,
          epoch,
          holder: 'a',
          atMs: 1_750_000_000_001,
          kind: 'phase',
          event: 'resume_begun',
          from: 'suspended',
          to: 'resuming',
          problem: null,
        },
      ],
    };
  }
  const guard = ({ epoch, generation }: WorkspaceRow, holder = 'a') => ({ holder, epoch, generation });
  const nowMs = 1_750_000_100_000;

  describe(`${name}: what the API may do`, () => {
    it('gives a new workspace back as it was given, suspended and in its first generation', async () => {
      const given = newWorkspace({ idleSuspendSeconds: null });
      const row = await store.create(given, upTo(100));
      expect(row).toMatchObject({
        id: given.id,
        name: 'a notebook',
        phase: 'suspended',
        generation: 0,
        epoch: 0,
      });
      expect(row).toMatchObject({ createdAtMs: given.nowMs, idleSuspendSeconds: null, hostId: null });
      expect(await store.get(given.id)).toEqual(row);
    });

    it('makes one workspace of any number of creates with one key', async () => {
      const given = newWorkspace();
      const attempts = Array.from({ length: 20 }, () => ({ ...given, id: newWorkspaceId(random) }));
      const rows = await Promise.all(attempts.map((attempt) => store.create(attempt, upTo(100))));
      expect(new Set(rows.map((row) => row?.id)).size).toBe(1);
    });

    it('refuses one workspace too many, even of two created at once', async () => {
      const [ownerId, orgId] = [newUserId(random), newOrgId(random)];
      const rows = await Promise.all(
        Array.from({ length: 6 }, () => store.create(newWorkspace({ ownerId, orgId }), upTo(4))),
      );
      expect(rows.filter((row) => row === null)).toHaveLength(2);
    });

    it('lets no more run than there is room for, and leaves alone what runs', async () => {
      const [ownerId, orgId] = [newUserId(random), newOrgId(random)];
      const mine = await Promise.all([1, 2, 3].map(() => create({ ownerId, orgId })));
      const another = await create({ orgId });
      const wanted = { desired: 'running', from: ['running', 'suspended'], nowMs: 0 } as const;
      const run = (row: WorkspaceRow, user: number, organisation: number) =>
        store.request(row.id, { ...wanted, runningMax: { user, organisation } });
      const asked = await Promise.all(mine.map((row) => run(row, 2, 10)));
      expect(asked.filter((row) => row === null)).toHaveLength(1);
      const [running] = asked.filter((row) => row !== null);
      expect(await run(another, 2, 2)).toBeNull();
      expect(await run(another, 2, 3)).toMatchObject({ desired: 'running' });
      expect(running && (await run(running, 0, 0))).toMatchObject({ desired: 'running' });
    });

    it('lists newest first, page by page, only the owner’s, deleted ones on request', async () => {
      const ownerId = newUserId(random);
      const made: WorkspaceRow[] = [];
      // Two of the same moment: the id decides.
      for (const offset of [0, 1, 1, 2]) made.push(await create({ ownerId, nowMs: nowMs + offset }));
      await create();
      const first = await store.list({ ownerId }, { limit: 3, includeDeleted: false });
      const last = first.at(-1);
      const rest = await store.list({ ownerId }, { after: last, limit: 3, includeDeleted: false });
      const ids = [...first, ...rest].map((row) => row.id);
      expect(new Set(ids)).toEqual(new Set(made.map((row) => row.id)));
      expect(ids[0]).toBe(made[3]?.id);
      expect(rest).toHaveLength(1);
      const gone = made[0] as WorkspaceRow;
      await store.request(gone.id, {
        desired: 'deleted',
        from: ['suspended'],
        undoUntilMs: nowMs + 9,
        nowMs,
      });
      expect(await store.list({ ownerId }, { limit: 9, includeDeleted: false })).toHaveLength(3);
      expect(await store.list({ ownerId }, { limit: 9, includeDeleted: true })).toHaveLength(4);
    });

    it('renames and sets the idle policy without touching the intent; not of a deleted one', async () => {
      const row = await create();
      const edited = await store.edit(row.id, { name: 'renamed', idle: { own: null } });
      expect(edited).toMatchObject({ name: 'renamed', idleSuspendSeconds: null, generation: 0 });
      expect(await store.edit(row.id, { name: 'again' })).toMatchObject({ idleSuspendSeconds: null });
      expect(await store.edit(row.id, { idle: { usualOr: 900 } })).toMatchObject({ idleSuspendSeconds: 900 });
      expect(await store.edit(row.id, {})).toMatchObject({ name: 'again', idleSuspendSeconds: 900 });
      await store.request(row.id, { desired: 'deleted', from: ['suspended'], undoUntilMs: nowMs + 9, nowMs });
      expect(await store.edit(row.id, { name: 'too late' })).toBeNull();
      expect(await store.edit(newWorkspaceId(random), { name: 'nobody' })).toBeNull();
    });

    it('counts a generation for a change of intent and none for asking again', async () => {
      const row = await create();
      const asked = await store.request(row.id, {
        desired: 'running',
        from: ['suspended', 'running'],
        nowMs,
      });
      expect(asked).toMatchObject({ desired: 'running', generation: 1 });
      const again = await store.request(row.id, {
        desired: 'running',
        from: ['suspended', 'running'],
        nowMs,
      });
      expect(again).toMatchObject({ generation: 1, revision: asked?.revision });
    });

    it('refuses a request from another intent, of an older generation, or for no workspace', async () => {
      const row = await create();
      const to = { desired: 'running', nowMs } as const;
      expect(await store.request(row.id, { ...to, from: ['running'] })).toBeNull();
      expect(await store.request(row.id, { ...to, from: ['suspended'], expectedGeneration: 3 })).toBeNull();
      expect(await store.request(newWorkspaceId(random), { ...to, from: ['suspended'] })).toBeNull();
      expect(
        await store.request(row.id, { ...to, from: ['suspended'], expectedGeneration: 0 }),
      ).not.toBeNull();
    });

    it('brings a deleted one back until its undo ends, which a second delete does not move', async () => {
      const row = await create();
      const remove = { desired: 'deleted', from: ['suspended', 'deleted'], nowMs } as const;
      await store.request(row.id, { ...remove, undoUntilMs: nowMs + 1_000 });
      const twice = await store.request(row.id, { ...remove, undoUntilMs: nowMs + 9_000 });
      expect(twice?.undoUntilMs).toBe(nowMs + 1_000);
      const restore = { desired: 'suspended', from: ['deleted'] } as const;
      expect(await store.request(row.id, { ...restore, nowMs: nowMs + 1_000 })).toBeNull();
      const back = await store.request(row.id, { ...restore, nowMs: nowMs + 999 });
      expect(back).toMatchObject({ desired: 'suspended', undoUntilMs: null });
    });

    it('tells subscribers of every change the owner can see, and lists what changed since a revision', async () => {
      const heard: WorkspaceChange[] = [];
      const unsubscribe = await store.subscribe((change) => void heard.push(change));
      const row = await create();
      const edited = await store.edit(row.id, { name: 'b' });
      await store.touch(new Map([[row.id, nowMs + 5]]));
      await acquire(row, 'a');
      const asked = await store.request(row.id, { desired: 'running', from: ['suspended'], nowMs });
      const revisions = [row.revision, edited?.revision, asked?.revision];
      await eventually(() => heard.filter((one) => one.workspaceId === row.id)).toHaveLength(3);
      expect(heard.filter((one) => one.workspaceId === row.id).map((one) => one.revision)).toEqual(revisions);
      await unsubscribe();
      const changed = await store.listChanged(row.ownerId, row.revision, 10);
      expect(changed).toMatchObject([{ id: row.id, revision: asked?.revision, lastActiveAtMs: nowMs + 5 }]);
      expect(await store.listChanged(row.ownerId, asked?.revision ?? 0, 10)).toEqual([]);
    });
  });

  describe(`${name}: what executors may do`, () => {
    it('gives the lease to one of many who ask at once, with a new epoch', async () => {
      const row = await create();
      const holders = ['a', 'b', 'c', 'd', 'e'];
      const answers = await Promise.all(holders.map((holder) => store.acquire(row.id, lease(holder))));
      const won = answers.filter((answer) => answer !== null);
      expect(won).toHaveLength(1);
      expect(won[0]?.epoch).toBe(1);
    });

    it('keeps the epoch for its holder, raises it for the next one, and only after expiry or release', async () => {
      const row = await create();
      expect(await store.acquire(row.id, lease('a', 1_000))).toMatchObject({ epoch: 1 });
      expect(await store.acquire(row.id, lease('a', 1_000))).toMatchObject({ epoch: 1 });
      expect(await store.acquire(row.id, lease('b', 1_000))).toBeNull();
      await passMs(1_100);
      expect(await store.acquire(row.id, lease('b', 60_000))).toMatchObject({ epoch: 2 });
      expect(await store.acquire(row.id, lease('a'))).toBeNull();
      await store.release(row.id, 'a', 1);
      expect(await store.acquire(row.id, lease('a'))).toBeNull();
      await store.release(row.id, 'b', 2);
      expect(await store.acquire(row.id, lease('a'))).toMatchObject({ epoch: 3 });
    });

    it('renews only what the holder still has', async () => {
      const [mine, theirs] = [await create(), await create()];
      await acquire(mine, 'a');
      await acquire(theirs, 'b');
      const asked = [mine.id, theirs.id, newWorkspaceId(random)];
      expect(await store.renew('a', asked, 60_000)).toEqual([mine.id]);
      expect(await store.renew('a', [], 60_000)).toEqual([]);
    });

    it('commits a phase with its record, and refuses a lost lease, an older epoch and a changed intent', async () => {
      const row = await acquire(await create(), 'a');
      const done = await store.commit(row.id, guard(row), resuming(row));
      expect(done).toMatchObject({ committed: true, row: { phase: 'resuming', hostId } });
      const record = await transitions.list(row.id, null, 10);
      expect(record).toMatchObject([
        { kind: 'phase', event: 'resume_begun', from: 'suspended', to: 'resuming' },
      ]);

      const asOther = await store.commit(row.id, guard(row, 'b'), resuming(row));
      const asOlder = await store.commit(row.id, { ...guard(row), epoch: 0 }, resuming(row));
      expect([asOther, asOlder]).toEqual([lost, lost]);
      await store.request(row.id, { desired: 'running', from: ['suspended'], nowMs });
      const afterChange = await store.commit(row.id, guard(row), resuming(row));
      expect(afterChange).toEqual({ committed: false, reason: 'intent_changed' });
      expect(await transitions.list(row.id, null, 10)).toHaveLength(1);
    });

    it('keeps how the last resume went with the row and in the record, whatever is said in it', async () => {
      const row = await acquire(await create(), 'a');
      expect(row).toMatchObject({ lastRung: null, lastResume: null });
      const missed = { rung: 'live', cause: 'gone', why: 'it’s "gone" \\ {} 東' } as const;
      const steps = [{ step: 'start_sandbox', durationMs: 7 }];
      const lastResume = { rung: 'memory', missed: [missed], steps, durationMs: 9, atMs: nowMs } as const;
      const resume = { ...lastResume, missed: [missed], steps };
      const { transitions: asked, ...begun } = resuming(row);
      const started = asked.map((entry) => ({ ...entry, event: 'sandbox_started', resume }));
      const state = { ...begun.state, lastRung: 'memory', lastResume: resume } as const;
      const done = await store.commit(row.id, guard(row), { ...begun, state, transitions: started });
      expect(done).toMatchObject({ committed: true, row: { lastRung: 'memory', lastResume } });
      expect(await store.get(row.id)).toMatchObject({ lastResume });
      expect(await transitions.list(row.id, null, 10)).toMatchObject([{ kind: 'phase', resume: lastResume }]);
      const lostToo = [{ ...started[0]!, event: 'sandbox_lost' }] as const;
      const alone = await store.commit(row.id, guard(row), { ...begun, state, transitions: lostToo });
      expect(alone).toMatchObject({ row: { lastResume } });
      expect(await store.get(row.id)).toMatchObject({ lastResume });
    });

    it('keeps a workspace with sandbox and files on one host away from controllers of another', async () => {
      const row = await acquire(await create(), 'a');
      await store.commit(row.id, guard(row), resuming(row));
      await store.release(row.id, 'a', row.epoch);
      expect(await store.acquire(row.id, { ...lease('b'), hostIds: [otherHostId] })).toBeNull();
      expect(await store.listUnsettled('b', [otherHostId], nowMs, 10)).not.toContain(row.id);
      expect(await store.acquire(row.id, lease('c'))).not.toBeNull();
    });

    it('lists what needs work: not the suspended, not what another holds, not what waits for its retry', async () => {
      const idle = await create();
      const wanted = await create({ desired: 'running' });
      const held = await create({ desired: 'running' });
      await acquire(held, 'b');
      const waiting = await acquire(await create({ desired: 'running' }), 'a');
      const failed = { ...phaseStateOf(waiting), phase: 'failed' as const, retryAtMs: nowMs + 1_000 };
      await store.commit(waiting.id, guard(waiting), { ...resuming(waiting), state: failed });
      const ids = async (atMs: number) => {
        const all = new Set(await store.listUnsettled('a', [hostId], atMs, 1_000));
        return [idle, wanted, held, waiting].map((row) => all.has(row.id));
      };
      expect(await ids(nowMs)).toEqual([false, true, false, false]);
      expect(await ids(nowMs + 1_000)).toEqual([false, true, false, true]);
    });

    it('ends the leases of an earlier process on this host, and no others', async () => {
      const [before, now, elsewhere] = [await create(), await create(), await create()];
      await acquire(before, 'host-a/1');
      await acquire(now, 'host-a/2');
      await acquire(elsewhere, 'host-b/1');
      expect(await store.expireLeasesOf(hostId, 'host-a/2')).toBeGreaterThanOrEqual(1);
      expect(await store.acquire(before.id, lease('host-a/2'))).toMatchObject({ epoch: 2 });
      expect(await store.acquire(elsewhere.id, lease('host-a/2'))).toBeNull();
      expect(await store.renew('host-a/2', [now.id], 1_000)).toEqual([now.id]);
    });

    it('never moves activity backwards', async () => {
      const row = await create();
      await store.touch(new Map([[row.id, nowMs + 10]]));
      await store.touch(new Map([[row.id, nowMs + 5]]));
      expect((await store.get(row.id))?.lastActiveAtMs).toBe(nowMs + 10);
    });
  });

  describe(`${name}: transitions`, () => {
    it('lists newest first, pages by id, and trims to the newest', async () => {
      const row = await create();
      const common = { workspaceId: row.id, generation: 1, epoch: 2, holder: 'a', atMs: nowMs };
      await transitions.append([{ ...common, kind: 'intent', step: 'flush_files' }]);
      const outcome = { outcome: 'failed', durationMs: 12, problem: 'disk full' } as const;
      await transitions.append([{ ...common, kind: 'outcome', step: 'flush_files', ...outcome }]);
      await transitions.append([{ ...common, kind: 'intent', step: 'stop_sandbox' }]);
      const all = await transitions.list(row.id, null, 10);
      expect(all.map(({ kind }) => kind)).toEqual(['intent', 'outcome', 'intent']);
      expect(all[1]).toEqual({ ...common, kind: 'outcome', step: 'flush_files', ...outcome, id: all[1]?.id });
      expect(await transitions.list(row.id, all[0]?.id ?? 0, 1)).toEqual([all[1]]);
      await transitions.trim(row.id, 2);
      expect(await transitions.list(row.id, null, 10)).toEqual(all.slice(0, 2));
    });
  });
}

const lost = { committed: false, reason: 'lease_lost' };
