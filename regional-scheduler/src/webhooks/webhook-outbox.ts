/**
 * What is still to be told, in Postgres: written in the transaction that takes note of a job's end, taken by one process
 * at a time for as long as a try may take, and done when the receiver has said so. Who dies with one in his hands
 * leaves it to the next; a receiver may therefore hear of one twice, under the same id.
 *
 *     waiting ──take (attempts + 1, due moves on)──▶ sending ──2xx──▶ delivered
 *        ▲                                             │
 *        └───────── due again, later each time ────────┴──tries used up──▶ given_up
 */
import type { JobId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Database } from '../db/database.ts';

export interface DeliveryState {
  state: 'waiting' | 'delivered' | 'given_up';
  attempts: number;
  problem: string;
}

export interface TakenDelivery {
  id: string;
  orgId: string;
  url: string;
  body: string;
  /** This one included. */
  attempts: number;
}

export interface Window {
  /** Deliveries that there is still room for. */
  room: number;
  /** How many are under way of each organisation. */
  busy: ReadonlyMap<string, number>;
}

export interface WebhookOutbox {
  /** The longest due first, and of each organisation no more than its share. */
  take(nowMs: number, window: Window): Promise<TakenDelivery[]>;
  delivered(id: string): Promise<void>;
  /** `againMs`: null gives it up. */
  failed(id: string, problem: string, againMs: number | null): Promise<void>;
  ofJob(jobId: JobId): Promise<DeliveryState | null>;
  /** How many are not delivered yet, and when the first of them is due; null: none. */
  waiting(): Promise<{ count: number; dueMs: number | null }>;
  /** How many went. */
  forget(beforeMs: number): Promise<number>;
}

export function createWebhookOutbox(database: Database): WebhookOutbox {
  const sql = database.$client;
  const { leaseMs, candidatesMax, perOrganisationMax } = limits.jobs.webhook;
  return {
    take(nowMs, { room, busy }) {
      const orgs = [...busy.keys()];
      const full = orgs.filter((orgId) => (busy.get(orgId) ?? 0) >= perOrganisationMax);
      return sql<TakenDelivery[]>`
        with due as (
          select id, org_id, due_ms from webhook_outbox
          where state = 'waiting' and due_ms <= ${nowMs} and org_id <> all(${full}::text[])
          order by due_ms limit ${candidatesMax} for update skip locked
        ), ranked as (
          select *, row_number() over (partition by org_id order by due_ms) as nth from due
        ), fair as (
          select id from ranked left join unnest(${orgs}::text[], ${[...busy.values()]}::int[]) as busy(org_id, count)
            using (org_id)
          where nth <= ${perOrganisationMax} - coalesce(count, 0) order by due_ms limit ${room}
        )
        update webhook_outbox set attempts = attempts + 1, due_ms = ${nowMs + leaseMs}
        where id in (select id from fair)
        returning id, org_id as "orgId", url, body, attempts`;
    },
    async delivered(id) {
      await sql`update webhook_outbox set state = 'delivered', problem = '' where id = ${id}`;
    },
    async failed(id, problem, againMs) {
      await sql`
        update webhook_outbox set problem = ${problem.slice(0, 300).toWellFormed()}, due_ms = ${againMs ?? 0},
          state = ${againMs === null ? 'given_up' : 'waiting'}
        where id = ${id} and state = 'waiting'`;
    },
    async ofJob(jobId) {
      const [row] = await sql<DeliveryState[]>`
        select state, attempts, problem from webhook_outbox where job_id = ${jobId} order by made_ms desc limit 1`;
      return row ?? null;
    },
    async waiting() {
      const [row] = await sql<{ count: number; dueMs: number | null }[]>`
        select count(*)::int as count, min(due_ms)::float8 as "dueMs" from webhook_outbox where state = 'waiting'`;
      return row ?? { count: 0, dueMs: null };
    },
    async forget(beforeMs) {
      const gone = await sql`delete from webhook_outbox where state <> 'waiting' and made_ms < ${beforeMs}`;
      return gone.count;
    },
  };
}
