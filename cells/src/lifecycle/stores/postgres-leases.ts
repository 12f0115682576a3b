/**
 * Leases in Postgres. Leases that are asked for at once are taken in one statement. It skips rows that somebody
 * else has locked at that moment, so that it never waits and cannot be part of a deadlock; those are then taken
 * one by one, each waiting for itself alone. The statements that touch many rows lock them in one order.
 */
import { type HostId, type WorkspaceId, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { and, eq, ne, sql } from 'drizzle-orm';
import { Batcher } from '../../db/batcher.ts';
import { isDataError } from '../../db/data-error.ts';
import type { Database } from '../../db/database.ts';
import { executorTurns } from '../../db/turns.ts';
import { workspaces } from '../../db/workspaces.ts';
import type { LeaseRequest } from './lease-store.ts';
import { parseRawWorkspaceRow, parseWorkspaceRow } from './parse-workspace-row.ts';
import { inMs, isFreeFor, isHeld, isOn, moment } from './postgres-conditions.ts';
import type { WorkspaceRow } from './workspace-row.ts';

interface Wanted {
  workspaceId: WorkspaceId;
  request: LeaseRequest;
}

export class PostgresLeases {
  readonly #database: Database;
  readonly #acquiring: Batcher<Wanted, WorkspaceRow | 'refused' | 'locked'>;

  constructor(database: Database) {
    this.#database = database;
    this.#acquiring = new Batcher({
      run: (wanted) => this.#acquireMany(wanted),
      keyOf: ({ workspaceId }) => workspaceId,
      isOfOne: isDataError,
      batchMax: limits.lifecycle.batchMax,
      lanesMax: limits.lifecycle.batchLanes,
      turns: executorTurns,
    });
  }

  async acquire(workspaceId: WorkspaceId, request: LeaseRequest): Promise<WorkspaceRow | null> {
    const answer = await this.#acquiring.ask({ workspaceId, request });
    if (answer === 'locked') return this.#acquireOne(workspaceId, request);
    return answer === 'refused' ? null : answer;
  }

  async #acquireOne(workspaceId: WorkspaceId, request: LeaseRequest): Promise<WorkspaceRow | null> {
    const [row] = await this.#database
      .update(workspaces)
      .set({
        epoch: sql`case when ${workspaces.leaseHolder} = ${request.holder} then ${workspaces.epoch}
          else ${workspaces.epoch} + 1 end`,
        leaseHolder: request.holder,
        leaseExpiresAt: inMs(request.ttlMs),
      })
      .where(and(eq(workspaces.id, workspaceId), isFreeFor(request.holder), isOn(request.hostIds)))
      .returning();
    return row ? parseWorkspaceRow(row) : null;
  }

  async #acquireMany(wanted: readonly Wanted[]) {
    const asked = wanted.map(({ workspaceId, request }, n) => ({ n, id: workspaceId, ...request }));
    const rows = await this.#database.execute(sql`
      with asked as materialized (
        select * from jsonb_to_recordset(${JSON.stringify(asked)}::text::jsonb)
          as asked (n int, id text, holder text, "hostIds" text[], "ttlMs" float8)),
      locked as materialized (
        select id from workspaces where id in (select id from asked) order by id for update skip locked),
      taken as (
        update workspaces set
          epoch = case when lease_holder = asked.holder then epoch else epoch + 1 end,
          lease_holder = asked.holder,
          lease_expires_at = now() + asked."ttlMs" * interval '1 millisecond'
        from asked join locked on locked.id = asked.id
        where workspaces.id = asked.id
          and (lease_holder is null or lease_holder = asked.holder or lease_expires_at <= now())
          and (host_id is null or host_id = any(asked."hostIds"))
        returning asked.n, workspaces.*)
      select asked.n as asked_n, taken.*, locked.id is null
        and exists (select from workspaces there where there.id = asked.id) as is_locked
      from asked left join locked on locked.id = asked.id left join taken on taken.n = asked.n
      order by asked.n`);
    return rows.map((row) => {
      if (row.id !== null) return parseRawWorkspaceRow(row);
      return row.is_locked === true ? 'locked' : 'refused';
    });
  }

  async renew(holder: string, workspaceIds: readonly WorkspaceId[], ttlMs: number): Promise<WorkspaceId[]> {
    if (workspaceIds.length === 0) return [];
    const rows = await this.#database.execute(sql`
      with held as materialized (
        select id from workspaces
        where lease_holder = ${holder}
          and id in (select jsonb_array_elements_text(${JSON.stringify(workspaceIds)}::text::jsonb))
        order by id for update)
      update workspaces set lease_expires_at = ${inMs(ttlMs)} from held
      where workspaces.id = held.id and lease_holder = ${holder} returning workspaces.id`);
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

  async touch(activity: ReadonlyMap<WorkspaceId, number>): Promise<void> {
    if (activity.size === 0) return;
    const used = [...activity].map(([id, atMs]) => ({ id, at: moment(atMs).toISOString() }));
    await this.#database.execute(sql`
      with used as materialized (
        select * from jsonb_to_recordset(${JSON.stringify(used)}::text::jsonb) as used (id text, at timestamptz)),
      locked as materialized (
        select id from workspaces where id in (select id from used) order by id for update)
      update workspaces set last_active_at = greatest(last_active_at, used.at)
      from used join locked on locked.id = used.id where workspaces.id = used.id`);
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
}
