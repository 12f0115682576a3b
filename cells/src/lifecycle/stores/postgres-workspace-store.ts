/**
 * The stores on Postgres. Each decision is one statement, so that two cells, or two requests, never act on
 * what they read a moment ago.
 */
import type { HostId, UserId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { userIdSchema, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import type { AuditAction } from '@cellbook/shared/protocol/audit-actions.ts';
import { and, asc, desc, eq, gt, inArray, isNull, ne, or, type SQL, sql } from 'drizzle-orm';
import { actionOfPhaseEvent, type LifecycleOutbox } from '../../audit/lifecycle-outbox.ts';
import type { Database } from '../../db/database.ts';
import { workspaces, workspaceTransitions } from '../../db/workspaces.ts';
import { type CreateAllowance, hasRoom } from '../../quotas/allowance.ts';
import { countRunning, countWorkspaces, lockOrganisation } from '../../quotas/count-workspaces.ts';
import type { CommitGuard, CommitResult, LeaseRequest, LeaseStore, PhaseCommit } from './lease-store.ts';
import { parseWorkspaceRow } from './parse-workspace-row.ts';
import { transitionValues } from './postgres-transition-store.ts';
import type { NewWorkspace, WorkspaceRow } from './workspace-row.ts';
import type {
  IntentChange,
  Whose,
  WorkspaceChange,
  WorkspacePage,
  WorkspaceStore,
} from './workspace-store.ts';

const inMs = (ttlMs: number): SQL => sql`now() + ${ttlMs} * interval '1 millisecond'`;
const moment = (ms: number): Date => new Date(ms);

export class PostgresWorkspaceStore implements WorkspaceStore, LeaseStore {
  readonly #database: Database;
  readonly #outbox: LifecycleOutbox | null;

  /** `outbox`: where what the cell does by itself is recorded, in the transaction that does it. */
  constructor(database: Database, outbox: LifecycleOutbox | null = null) {
    this.#database = database;
    this.#outbox = outbox;
  }

  async create(given: NewWorkspace, allowed: CreateAllowance): Promise<WorkspaceRow | null> {
    const { nowMs, ...values } = given;
    return this.#database.transaction(async (tx) => {
      await lockOrganisation(tx, given.orgId);
      const mine = eq(workspaces.ownerId, given.ownerId);
      const [known] = await tx
        .select()
        .from(workspaces)
        .where(and(mine, eq(workspaces.createKey, given.createKey)));
      if (known) return parseWorkspaceRow(known);
      if (!hasRoom(await countWorkspaces(tx, given), allowed.workspaces)) return null;
      const runs = given.desired === 'running';
      if (runs && !hasRoom(await countRunning(tx, given), allowed.running)) return null;
      const at = moment(nowMs);
      const [created] = await tx
        .insert(workspaces)
        .values({
          ...values,
          phase: 'suspended',
          generation: 0,
          epoch: 0,
          dormant: false,
          attempts: 0,
          createdAt: at,
          lastActiveAt: at,
        })
        .returning();
      return created ? parseWorkspaceRow(created) : null;
    });
  }

  async get(
    workspaceId: WorkspaceId,
    from: Pick<Database, 'select'> = this.#database,
  ): Promise<WorkspaceRow | null> {
    const [row] = await from.select().from(workspaces).where(eq(workspaces.id, workspaceId));
    return row ? parseWorkspaceRow(row) : null;
  }

  async list(
    { ownerId, orgId }: Whose,
    { after, limit, includeDeleted }: WorkspacePage,
  ): Promise<WorkspaceRow[]> {
    const rows = await this.#database
      .select()
      .from(workspaces)
      .where(
        and(
          ownerId === undefined ? undefined : eq(workspaces.ownerId, ownerId),
          orgId === undefined ? undefined : eq(workspaces.orgId, orgId),
          isNull(workspaces.purgedAt),
          includeDeleted ? undefined : ne(workspaces.desired, 'deleted'),
          after &&
            sql`(${workspaces.createdAt}, ${workspaces.id})
              < (${moment(after.createdAtMs).toISOString()}::timestamptz, ${after.id})`,
        ),
      )
      .orderBy(desc(workspaces.createdAt), desc(workspaces.id))
      .limit(limit);
    return rows.map(parseWorkspaceRow);
  }

  async listChanged(ownerId: UserId, afterRevision: number, limit: number): Promise<WorkspaceRow[]> {
    const rows = await this.#database
      .select()
      .from(workspaces)
      .where(and(eq(workspaces.ownerId, ownerId), gt(workspaces.revision, afterRevision)))
      .orderBy(asc(workspaces.revision))
      .limit(limit);
    return rows.map(parseWorkspaceRow);
  }

  async edit(
    workspaceId: WorkspaceId,
    changes: { name?: string; idleSuspendSeconds?: number | null },
  ): Promise<WorkspaceRow | null> {
    if (Object.values(changes).every((value) => value === undefined)) return this.#getUndeleted(workspaceId);
    return this.#update(and(eq(workspaces.id, workspaceId), ne(workspaces.desired, 'deleted')), changes);
  }

  async request(workspaceId: WorkspaceId, change: IntentChange): Promise<WorkspaceRow | null> {
    const { runningMax, unasked } = change;
    if (unasked !== undefined) return this.#requestUnasked(workspaceId, change, unasked);
    if (change.desired !== 'running' || runningMax === undefined)
      return this.#request(this.#database, workspaceId, change);
    return this.#database.transaction(async (tx) => {
      const before = await this.get(workspaceId, tx);
      if (!before) return null;
      await lockOrganisation(tx, before.orgId);
      const row = await this.get(workspaceId, tx);
      // One that runs has its place already, whatever the quota is now.
      const isCounted = row?.desired === 'running' && !row.dormant;
      if (!isCounted && !hasRoom(await countRunning(tx, before, workspaceId), runningMax)) return null;
      return this.#request(tx, workspaceId, change);
    });
  }

  #requestUnasked(workspaceId: WorkspaceId, change: IntentChange, unasked: AuditAction) {
    return this.#database.transaction(async (tx) => {
      const row = await this.#request(tx, workspaceId, change);
      if (row) await this.#outbox?.(tx, unasked, row);
      return row;
    });
  }

  async #request(
    on: Pick<Database, 'update'>,
    workspaceId: WorkspaceId,
    change: IntentChange,
  ): Promise<WorkspaceRow | null> {
    const isSettled = sql`(${workspaces.desired} = ${change.desired} and not ${workspaces.dormant}
      and ${workspaces.retryAt} is null)`;
    const undoUntil = moment(change.undoUntilMs ?? change.nowMs).toISOString();
    const now = moment(change.nowMs).toISOString();
    const condition = and(
      eq(workspaces.id, workspaceId),
      isNull(workspaces.purgedAt),
      inArray(workspaces.desired, [...change.from]),
      change.expectedGeneration === undefined
        ? undefined
        : eq(workspaces.generation, change.expectedGeneration),
      change.desired === 'deleted'
        ? undefined
        : or(ne(workspaces.desired, 'deleted'), sql`${workspaces.undoUntil} > ${now}::timestamptz`),
    );
    const values: Changes = {
      desired: change.desired,
      generation: sql`case when ${isSettled} then ${workspaces.generation} else ${workspaces.generation} + 1 end`,
      dormant: false,
      retryAt: null,
      undoUntil:
        change.desired === 'deleted'
          ? sql`coalesce(${workspaces.undoUntil}, ${undoUntil}::timestamptz)`
          : null,
    };
    const [row] = await on.update(workspaces).set(values).where(condition).returning();
    return row ? parseWorkspaceRow(row) : null;
  }

  async subscribe(listener: (change: WorkspaceChange) => void): Promise<() => Promise<void>> {
    const listening = await this.#database.$client.listen('workspace_changed', (payload) => {
      const [ownerId, workspaceId, revision] = payload.split(' ');
      const owner = userIdSchema.safeParse(ownerId);
      const workspace = workspaceIdSchema.safeParse(workspaceId);
      if (!owner.success || !workspace.success) return;
      listener({ ownerId: owner.data, workspaceId: workspace.data, revision: Number(revision) });
    });
    return () => listening.unlisten();
  }

  async acquire(workspaceId: WorkspaceId, request: LeaseRequest): Promise<WorkspaceRow | null> {
    const condition = and(eq(workspaces.id, workspaceId), isFreeFor(request.holder), isOn(request.hostIds));
    return this.#update(condition, {
      epoch: sql`case when ${workspaces.leaseHolder} = ${request.holder} then ${workspaces.epoch}
        else ${workspaces.epoch} + 1 end`,
      leaseHolder: request.holder,
      leaseExpiresAt: inMs(request.ttlMs),
    });
  }

  async renew(holder: string, workspaceIds: readonly WorkspaceId[], ttlMs: number): Promise<WorkspaceId[]> {
    if (workspaceIds.length === 0) return [];
    const rows = await this.#database
      .update(workspaces)
      .set({ leaseExpiresAt: inMs(ttlMs) })
      .where(and(eq(workspaces.leaseHolder, holder), inArray(workspaces.id, [...workspaceIds])))
      .returning({ id: workspaces.id });
    return rows.map((row) => workspaceIdSchema.parse(row.id));
  }

  async expireLeasesOf(controller: string, exceptHolder: string): Promise<number> {
    const isStale = and(
      sql`starts_with(${workspaces.leaseHolder}, ${`${controller}/`})`,
      ne(workspaces.leaseHolder, exceptHolder),
    );
    const freed = await this.#database
      .update(workspaces)
      .set({ leaseExpiresAt: sql`now()` })
      .where(isStale)
      .returning({ id: workspaces.id });
    return freed.length;
  }

  async release(workspaceId: WorkspaceId, holder: string, epoch: number): Promise<void> {
    await this.#database
      .update(workspaces)
      .set({ leaseHolder: null, leaseExpiresAt: null })
      .where(isHeld(workspaceId, holder, epoch));
  }

  async commit(workspaceId: WorkspaceId, guard: CommitGuard, commit: PhaseCommit): Promise<CommitResult> {
    const held = isHeld(workspaceId, guard.holder, guard.epoch);
    return this.#database.transaction(async (tx) => {
      const [row] = await tx
        .update(workspaces)
        .set(phaseValues(commit))
        .where(and(held, eq(workspaces.generation, guard.generation)))
        .returning();
      if (row) {
        const { transition } = commit;
        await tx.insert(workspaceTransitions).values(transitionValues(transition));
        const parsed = parseWorkspaceRow(row);
        const unasked = transition.kind === 'phase' ? actionOfPhaseEvent(transition.event) : null;
        if (unasked !== null) await this.#outbox?.(tx, unasked, parsed);
        return { committed: true, row: parsed };
      }
      const stillHeld = (await tx.$count(workspaces, held)) > 0;
      return { committed: false, reason: stillHeld ? 'intent_changed' : 'lease_lost' };
    });
  }

  async touch(activity: ReadonlyMap<WorkspaceId, number>): Promise<void> {
    if (activity.size === 0) return;
    const used = [...activity].map(([id, atMs]) => ({ id, at: moment(atMs).toISOString() }));
    await this.#database.execute(sql`
      update workspaces set last_active_at = greatest(last_active_at, used.at)
      from jsonb_to_recordset(${JSON.stringify(used)}::text::jsonb) as used (id text, at timestamptz)
      where workspaces.id = used.id`);
  }

  async listUnsettled(
    holder: string,
    hostIds: readonly HostId[],
    nowMs: number,
    limit: number,
  ): Promise<WorkspaceId[]> {
    const now = moment(nowMs).toISOString();
    const rows = await this.#database
      .select({ id: workspaces.id })
      .from(workspaces)
      .where(
        and(
          sql`purged_at is null and not (phase = 'suspended' and (desired = 'suspended' or dormant))`,
          sql`not (phase = 'failed' and coalesce(retry_at > ${now}::timestamptz, false))`,
          sql`not (phase = 'deleted' and desired = 'deleted' and undo_until > ${now}::timestamptz)`,
          sql`not (phase = 'running' and desired = 'running' and coalesce(lease_holder = ${holder}, false))`,
          isFreeFor(holder),
          isOn(hostIds),
        ),
      )
      .limit(limit);
    return rows.map((row) => workspaceIdSchema.parse(row.id));
  }

  async #getUndeleted(workspaceId: WorkspaceId): Promise<WorkspaceRow | null> {
    const row = await this.get(workspaceId);
    return row?.desired === 'deleted' ? null : row;
  }

  async #update(condition: SQL | undefined, values: Changes): Promise<WorkspaceRow | null> {
    const [row] = await this.#database.update(workspaces).set(values).where(condition).returning();
    return row ? parseWorkspaceRow(row) : null;
  }
}

type Stored = typeof workspaces.$inferInsert;
type Changes = { [Column in keyof Stored]?: Stored[Column] | SQL };

function phaseValues({ state, hostId }: PhaseCommit): Partial<Stored> {
  return {
    phase: state.phase,
    dormant: state.dormant,
    problem: state.problem?.text ?? null,
    problemCode: state.problem?.code ?? null,
    attempts: state.attempts,
    retryAt: state.retryAtMs === null ? null : moment(state.retryAtMs),
    lastRung: state.lastRung,
    purgedAt: state.purgedAtMs === null ? null : moment(state.purgedAtMs),
    hostId,
  };
}

const isHeld = (workspaceId: WorkspaceId, holder: string, epoch: number): SQL | undefined =>
  and(eq(workspaces.id, workspaceId), eq(workspaces.leaseHolder, holder), eq(workspaces.epoch, epoch));

const isFreeFor = (holder: string): SQL | undefined =>
  or(
    isNull(workspaces.leaseHolder),
    eq(workspaces.leaseHolder, holder),
    sql`${workspaces.leaseExpiresAt} <= now()`,
  );

const isOn = (hostIds: readonly HostId[]): SQL | undefined =>
  or(isNull(workspaces.hostId), inArray(workspaces.hostId, [...hostIds]));
