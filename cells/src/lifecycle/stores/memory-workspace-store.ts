/**
 * The stores in memory, for the simulator: the production lifecycle runs on them unchanged. Every method
 * decides and writes in one turn, as one Postgres statement does.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { HostId, UserId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { type Allowance, type CreateAllowance, hasRoom } from '../../quotas/allowance.ts';
import type { CommitGuard, CommitResult, LeaseRequest, LeaseStore, PhaseCommit } from './lease-store.ts';
import type { TransitionStore } from './transition-store.ts';
import type { NewWorkspace, WorkspaceRow } from './workspace-row.ts';
import { needsWork } from './workspace-row.ts';
import type {
  IntentChange,
  Whose,
  WorkspaceChange,
  WorkspaceEdit,
  WorkspacePage,
  WorkspaceStore,
} from './workspace-store.ts';

export class MemoryWorkspaceStore implements WorkspaceStore, LeaseStore {
  readonly #rows = new Map<WorkspaceId, WorkspaceRow>();
  readonly #listeners = new Set<(change: WorkspaceChange) => void>();
  readonly #clock: Clock;
  readonly #transitions: TransitionStore;
  #revision = 0;

  constructor(clock: Clock, transitions: TransitionStore) {
    this.#clock = clock;
    this.#transitions = transitions;
  }

  async create(workspace: NewWorkspace, allowed: CreateAllowance): Promise<WorkspaceRow | null> {
    const { nowMs, idleOwn: _, ...given } = workspace;
    const own = [...this.#rows.values()].filter((row) => row.ownerId === workspace.ownerId);
    const known = own.find((row) => row.createKey === workspace.createKey);
    if (known) return { ...known };
    if (!hasRoom(this.#count(workspace, isKept), allowed.workspaces)) return null;
    const runs = workspace.desired === 'running';
    if (runs && !hasRoom(this.#count(workspace, isRunning), allowed.running)) return null;
    const row: WorkspaceRow = {
      team: null,
      ...given,
      ...untouched,
      createdAtMs: nowMs,
      lastActiveAtMs: nowMs,
      revision: 0,
    };
    return this.#write(row);
  }

  async get(workspaceId: WorkspaceId): Promise<WorkspaceRow | null> {
    const row = this.#rows.get(workspaceId);
    return row ? { ...row } : null;
  }

  async list(
    { ownerId, orgId }: Whose,
    { after, limit, includeDeleted }: WorkspacePage,
  ): Promise<WorkspaceRow[]> {
    return [...this.#rows.values()]
      .filter((row) => row.purgedAtMs === null)
      .filter((row) => ownerId === undefined || row.ownerId === ownerId)
      .filter((row) => orgId === undefined || row.orgId === orgId)
      .filter((row) => includeDeleted || row.desired !== 'deleted')
      .sort(newestFirst)
      .filter((row) => !after || newestFirst(after, row) < 0)
      .slice(0, limit)
      .map((row) => ({ ...row }));
  }

  async listChanged(ownerId: UserId, afterRevision: number, limit: number): Promise<WorkspaceRow[]> {
    return [...this.#rows.values()]
      .filter((row) => row.ownerId === ownerId && row.revision > afterRevision)
      .sort((left, right) => left.revision - right.revision)
      .slice(0, limit)
      .map((row) => ({ ...row }));
  }

  async edit(workspaceId: WorkspaceId, changes: WorkspaceEdit): Promise<WorkspaceRow | null> {
    const row = this.#rows.get(workspaceId);
    if (!row || row.desired === 'deleted') return null;
    const { idle, ...others } = changes;
    // Nobody chooses a usual here.
    const seconds = idle && ('own' in idle ? idle.own : idle.usualOr);
    return this.#write({ ...row, ...others, ...(seconds !== undefined && { idleSuspendSeconds: seconds }) });
  }

  async request(workspaceId: WorkspaceId, change: IntentChange): Promise<WorkspaceRow | null> {
    const row = this.#rows.get(workspaceId);
    if (!row || row.purgedAtMs !== null || !change.from.includes(row.desired)) return null;
    if (change.expectedGeneration !== undefined && change.expectedGeneration !== row.generation) return null;
    const revives = row.desired === 'deleted' && change.desired !== 'deleted';
    if (revives && (row.undoUntilMs ?? 0) <= change.nowMs) return null;
    const { runningMax } = change;
    if (change.desired === 'running' && runningMax && !isRunning(row)) {
      if (!hasRoom(this.#count(row, isRunning), runningMax)) return null;
    }
    if (row.desired === change.desired && !row.dormant && row.retryAtMs === null) return { ...row };
    return this.#write({
      ...row,
      desired: change.desired,
      generation: row.generation + 1,
      dormant: false,
      retryAtMs: null,
      undoUntilMs: change.desired === 'deleted' ? (row.undoUntilMs ?? change.undoUntilMs ?? null) : null,
    });
  }

  #count({ ownerId, orgId }: NewWorkspace | WorkspaceRow, which: (row: WorkspaceRow) => boolean): Allowance {
    const all = [...this.#rows.values()].filter((row) => row.orgId === orgId && which(row));
    return { user: all.filter((row) => row.ownerId === ownerId).length, organisation: all.length };
  }

  /** 0 where there is no such row. */
  epochOf(workspaceId: WorkspaceId): number {
    return this.#rows.get(workspaceId)?.epoch ?? 0;
  }

  async subscribe(listener: (change: WorkspaceChange) => void): Promise<() => Promise<void>> {
    this.#listeners.add(listener);
    return async () => void this.#listeners.delete(listener);
  }

  async acquire(workspaceId: WorkspaceId, request: LeaseRequest): Promise<WorkspaceRow | null> {
    const row = this.#rows.get(workspaceId);
    if (!row || !this.#isFree(row, request.holder)) return null;
    if (row.hostId !== null && !request.hostIds.includes(row.hostId)) return null;
    const epoch = row.leaseHolder === request.holder ? row.epoch : row.epoch + 1;
    const leaseExpiresAtMs = this.#clock.nowMs() + request.ttlMs;
    return this.#write({ ...row, epoch, leaseHolder: request.holder, leaseExpiresAtMs }, false);
  }

  async renew(holder: string, workspaceIds: readonly WorkspaceId[], ttlMs: number): Promise<WorkspaceId[]> {
    const leaseExpiresAtMs = this.#clock.nowMs() + ttlMs;
    return workspaceIds.filter((id) => {
      const row = this.#rows.get(id);
      if (row?.leaseHolder !== holder) return false;
      this.#write({ ...row, leaseExpiresAtMs }, false);
      return true;
    });
  }

  async expireLeasesOf(controller: string, exceptHolder: string): Promise<number> {
    const stale = [...this.#rows.values()].filter(
      ({ leaseHolder }) => leaseHolder?.startsWith(`${controller}/`) && leaseHolder !== exceptHolder,
    );
    for (const row of stale) this.#write({ ...row, leaseExpiresAtMs: this.#clock.nowMs() }, false);
    return stale.length;
  }

  async release(workspaceId: WorkspaceId, holder: string, epoch: number): Promise<void> {
    const row = this.#rows.get(workspaceId);
    if (row?.leaseHolder !== holder || row.epoch !== epoch) return;
    this.#write({ ...row, leaseHolder: null, leaseExpiresAtMs: null }, false);
  }

  async commit(workspaceId: WorkspaceId, guard: CommitGuard, commit: PhaseCommit): Promise<CommitResult> {
    const row = this.#rows.get(workspaceId);
    if (row?.leaseHolder !== guard.holder || row.epoch !== guard.epoch) {
      return { committed: false, reason: 'lease_lost' };
    }
    if (row.generation !== guard.generation) return { committed: false, reason: 'intent_changed' };
    const { problem, ...state } = commit.state;
    await this.#transitions.append(commit.transitions);
    const next = { ...row, ...state, problem: problem?.text ?? null, problemCode: problem?.code ?? null };
    const lease = commit.release ? { leaseHolder: null, leaseExpiresAtMs: null } : {};
    return { committed: true, row: this.#write({ ...next, ...lease, hostId: commit.hostId }) };
  }

  async touch(activity: ReadonlyMap<WorkspaceId, number>): Promise<void> {
    for (const [id, atMs] of activity) {
      const row = this.#rows.get(id);
      if (row && row.lastActiveAtMs < atMs) this.#write({ ...row, lastActiveAtMs: atMs }, false);
    }
  }

  async listUnsettled(
    holder: string,
    hostIds: readonly HostId[],
    nowMs: number,
    limit: number,
  ): Promise<WorkspaceId[]> {
    return [...this.#rows.values()]
      .filter((row) => row.hostId === null || hostIds.includes(row.hostId))
      .filter((row) => this.#isFree(row, holder) && needsWork(row, holder, nowMs))
      .slice(0, limit)
      .map((row) => row.id);
  }

  #isFree(row: WorkspaceRow, holder: string): boolean {
    const isHeld = row.leaseHolder !== null && (row.leaseExpiresAtMs ?? 0) > this.#clock.nowMs();
    return !isHeld || row.leaseHolder === holder;
  }

  #write(row: WorkspaceRow, isVisible = true): WorkspaceRow {
    const stored = isVisible ? { ...row, revision: ++this.#revision } : row;
    this.#rows.set(row.id, stored);
    const change = { ownerId: row.ownerId, workspaceId: row.id, revision: stored.revision };
    if (isVisible) for (const listener of this.#listeners) listener(change);
    return { ...stored };
  }
}

const untouched = {
  phase: 'suspended',
  generation: 0,
  epoch: 0,
  dormant: false,
  lastRung: null,
  lastResume: null,
  problem: null,
  problemCode: null,
  attempts: 0,
  retryAtMs: null,
  leaseHolder: null,
  leaseExpiresAtMs: null,
  hostId: null,
  undoUntilMs: null,
  purgedAtMs: null,
} as const satisfies Partial<WorkspaceRow>;

type Position = Pick<WorkspaceRow, 'createdAtMs' | 'id'>;
const newestFirst = (left: Position, right: Position): number =>
  right.createdAtMs - left.createdAtMs || (left.id < right.id ? 1 : left.id > right.id ? -1 : 0);

const isKept = (row: WorkspaceRow): boolean => row.purgedAtMs === null;
const isRunning = (row: WorkspaceRow): boolean => isKept(row) && row.desired === 'running' && !row.dormant;
