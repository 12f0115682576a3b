/**
 * The stores on Postgres. Each decision is one statement, so that two cells, or two requests, never act on
 * what they read a moment ago. What executors write lies beside it: postgres-leases.ts, postgres-commits.ts.
 */
import type { HostId, UserId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { userIdSchema, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { and, asc, desc, eq, gt, isNull, ne, sql } from 'drizzle-orm';
import type { LifecycleOutbox } from '../../audit/lifecycle-outbox.ts';
import { Batcher } from '../../db/batcher.ts';
import type { Database } from '../../db/database.ts';
import { workspaces } from '../../db/workspaces.ts';
import { type CreateAllowance, hasRoom } from '../../quotas/allowance.ts';
import { countRunning, countWorkspaces, lockOrganisation } from '../../quotas/count-workspaces.ts';
import { idleUsualOf } from '../../quotas/idle-usuals.ts';
import type { CommitGuard, CommitResult, LeaseRequest, LeaseStore, PhaseCommit } from './lease-store.ts';
import { parseRawWorkspaceRow, parseWorkspaceRow } from './parse-workspace-row.ts';
import { PostgresCommits } from './postgres-commits.ts';
import { moment } from './postgres-conditions.ts';
import { requestIntent } from './postgres-intents.ts';
import { PostgresLeases } from './postgres-leases.ts';
import type { NewWorkspace, WorkspaceRow } from './workspace-row.ts';
import type {
  IntentChange,
  Whose,
  WorkspaceChange,
  WorkspaceEdit,
  WorkspacePage,
  WorkspaceStore,
} from './workspace-store.ts';

export class PostgresWorkspaceStore implements WorkspaceStore, LeaseStore {
  readonly #database: Database;
  readonly #outbox: LifecycleOutbox | null;
  readonly #leases: PostgresLeases;
  readonly #commits: PostgresCommits;
  readonly #reading: Batcher<WorkspaceId, WorkspaceRow | null>;

  /** `outbox`: where what the cell does by itself is recorded, in the transaction that does it. */
  constructor(database: Database, outbox: LifecycleOutbox | null = null) {
    this.#database = database;
    this.#outbox = outbox;
    this.#leases = new PostgresLeases(database);
    this.#commits = new PostgresCommits(database, outbox);
    const { batchMax, batchLanes: lanesMax } = limits.lifecycle;
    this.#reading = new Batcher({ run: (ids) => this.#readMany(ids), batchMax, lanesMax });
  }

  async create(given: NewWorkspace, allowed: CreateAllowance): Promise<WorkspaceRow | null> {
    const { nowMs, idleOwn = false, ...values } = given;
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
      const usual = idleOwn ? null : await idleUsualOf(tx, given);
      const [created] = await tx
        .insert(workspaces)
        .values({
          ...values,
          idleOwn,
          ...(usual && { idleSuspendSeconds: usual.seconds }),
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

  async get(workspaceId: WorkspaceId): Promise<WorkspaceRow | null> {
    return (await this.#reading.ask(workspaceId)) ?? null;
  }

  /** Many are read at once where many are asked for at once. */
  async #readMany(ids: readonly WorkspaceId[]): Promise<(WorkspaceRow | null)[]> {
    const wanted = sql`(select jsonb_array_elements_text(${JSON.stringify(ids)}::text::jsonb))`;
    const found = await this.#database.execute(sql`select * from workspaces where id in ${wanted}`);
    const rows = found.map(parseRawWorkspaceRow);
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => byId.get(id) ?? null);
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

  async edit(workspaceId: WorkspaceId, changes: WorkspaceEdit): Promise<WorkspaceRow | null> {
    if (Object.values(changes).every((value) => value === undefined)) {
      const row = await this.get(workspaceId);
      return row?.desired === 'deleted' ? null : row;
    }
    const { idle, ...others } = changes;
    if (!idle || 'own' in idle) return editRow(this.#database, workspaceId, { ...others, idle });
    return this.#database.transaction(async (tx) => {
      const [of] = await tx.select().from(workspaces).where(eq(workspaces.id, workspaceId));
      if (!of) return null;
      // Whoever chooses a usual meanwhile writes it into the rows that have none of their own: before this one, or after.
      await lockOrganisation(tx, parseWorkspaceRow(of).orgId);
      const usual = await idleUsualOf(tx, parseWorkspaceRow(of));
      const seconds = usual === null ? idle.usualOr : usual.seconds;
      return editRow(tx, workspaceId, { ...others, idle: { usual: seconds } });
    });
  }

  request(workspaceId: WorkspaceId, change: IntentChange): Promise<WorkspaceRow | null> {
    return requestIntent(this.#database, this.#outbox, workspaceId, change);
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

  acquire(workspaceId: WorkspaceId, request: LeaseRequest): Promise<WorkspaceRow | null> {
    return this.#leases.acquire(workspaceId, request);
  }

  renew(holder: string, workspaceIds: readonly WorkspaceId[], ttlMs: number): Promise<WorkspaceId[]> {
    return this.#leases.renew(holder, workspaceIds, ttlMs);
  }

  expireLeasesOf(controller: string, exceptHolder: string): Promise<number> {
    return this.#leases.expireLeasesOf(controller, exceptHolder);
  }

  release(workspaceId: WorkspaceId, holder: string, epoch: number): Promise<void> {
    return this.#leases.release(workspaceId, holder, epoch);
  }

  commit(workspaceId: WorkspaceId, guard: CommitGuard, commit: PhaseCommit): Promise<CommitResult> {
    return this.#commits.commit(workspaceId, guard, commit);
  }

  touch(activity: ReadonlyMap<WorkspaceId, number>): Promise<void> {
    return this.#leases.touch(activity);
  }

  listUnsettled(holder: string, hostIds: readonly HostId[], nowMs: number, limit: number) {
    return this.#leases.listUnsettled(holder, hostIds, nowMs, limit);
  }
}

type EditOfRow = Omit<WorkspaceEdit, 'idle'> & {
  idle: { own: number | null } | { usual: number | null } | undefined;
};

async function editRow(
  database: Pick<Database, 'execute'>,
  workspaceId: WorkspaceId,
  { name, team, idle }: EditOfRow,
): Promise<WorkspaceRow | null> {
  const isOwn = idle !== undefined && 'own' in idle;
  const seconds = idle && ('own' in idle ? idle.own : idle.usual);
  const [row] = await database.execute(sql`
    update workspaces set
      name = coalesce(${name ?? null}, name),
      idle_suspend_seconds = case when ${idle !== undefined}::bool
        then ${seconds ?? null}::int else idle_suspend_seconds end,
      idle_own = case when ${idle !== undefined}::bool then ${isOwn}::bool else idle_own end,
      team = case when ${team !== undefined}::bool then ${team ?? null}::text else team end
    where id = ${workspaceId} and desired <> 'deleted' returning *`);
  return row ? parseRawWorkspaceRow(row) : null;
}
