/** The log in the cell's Postgres. A batch is one statement: one round trip and one commit. */
import { emptyChain } from '@cellbook/shared/audit/chain.ts';
import { columnsOfBody } from '@cellbook/shared/audit/event-columns.ts';
import { auditIdSchema } from '@cellbook/shared/ids.ts';
import { and, asc, desc, eq, gt, gte, lt, lte, or, type SQL, sql } from 'drizzle-orm';
import { auditEvents, auditIntents, auditPolicies } from '../../db/audit.ts';
import type { Database } from '../../db/database.ts';
import type { AuditBatch, AuditQuery, AuditStore } from './audit-store.ts';
import { instanceOf } from './memory-audit-store.ts';
import { postgresStatements } from './postgres-statements.ts';

export function createPostgresAuditStore(database: Database): AuditStore {
  return {
    ...postgresStatements(database),
    async head() {
      const [last] = await database
        .select({ seq: auditEvents.seq, hash: auditEvents.hash })
        .from(auditEvents)
        .orderBy(desc(auditEvents.seq))
        .limit(1);
      return last ?? emptyChain;
    },
    commit: (batch) => commit(database, batch),
    async hashAt(seq) {
      const [row] = await database
        .select({ hash: auditEvents.hash })
        .from(auditEvents)
        .where(eq(auditEvents.seq, seq));
      return row?.hash ?? null;
    },
    async settleable({ writer, nowMs, limit }) {
      const isPredecessors = sql`(starts_with(${auditIntents.writer}, ${`${instanceOf(writer)}/`})
        and ${auditIntents.writer} <> ${writer})`;
      const found = await database
        .select()
        .from(auditIntents)
        .where(or(eq(auditIntents.ready, true), lte(auditIntents.until, new Date(nowMs)), isPredecessors))
        .orderBy(asc(auditIntents.until))
        .limit(limit);
      return found.map(({ id, until, ...intent }) => ({
        ...intent,
        id: auditIdSchema.parse(id),
        untilMs: until.getTime(),
      }));
    },
    list: (query) =>
      database
        .select({ seq: auditEvents.seq, hash: auditEvents.hash, body: auditEvents.body })
        .from(auditEvents)
        .where(conditionsOf(query))
        .orderBy(query.after === undefined ? desc(auditEvents.seq) : asc(auditEvents.seq))
        .limit(query.limit),
    async rows(from, limit) {
      const found = await database
        .select()
        .from(auditEvents)
        .where(gte(auditEvents.seq, from))
        .orderBy(asc(auditEvents.seq))
        .limit(limit);
      return found.map(({ seq, prev, hash, body, at, ...columns }) => ({
        ...{ seq, prev, hash, body },
        columns: { ...columns, at: at.toISOString() },
      }));
    },
    async keepPolicy(orgId, retentionDays) {
      if (retentionDays === null) {
        await database.delete(auditPolicies).where(eq(auditPolicies.orgId, orgId));
        return;
      }
      await database
        .insert(auditPolicies)
        .values({ orgId, retentionDays })
        .onConflictDoUpdate({ target: auditPolicies.orgId, set: { retentionDays } });
    },
  };
}

/** One statement, so that it is one transaction without a round trip of its own to begin and end it. */
async function commit({ $client: client }: Database, batch: AuditBatch): Promise<'committed' | 'behind'> {
  const opened = batch.opened.map(({ untilMs, ...intent }) => ({
    ...intent,
    until: new Date(untilMs).toISOString(),
  }));
  const rows = batch.rows.map((row) => {
    const { orgId: org_id, actorId: actor_id, resourceId: resource_id, ...rest } = columnsOfBody(row.body);
    return { ...row, ...rest, org_id, actor_id, resource_id };
  });
  const taken = await client`
    with opened as (
      insert into audit_intents (id, body, ready, writer, until)
      select id, body, ready, writer, until
      from jsonb_to_recordset(${JSON.stringify(opened)}::text::jsonb)
        as given (id text, body text, ready boolean, writer text, until timestamptz)
      on conflict (id) do nothing
    ), closed as (
      delete from audit_intents where id = any(${[...batch.closed]}::text[])
    )
    insert into audit_events
      (seq, prev, hash, body, at, org_id, actor_id, action, resource_id, outcome)
    select seq, prev, hash, body, at, org_id, actor_id, action, resource_id, outcome
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb)
      as given (seq bigint, prev text, hash text, body text, at timestamptz,
                org_id text, actor_id text, action text, resource_id text, outcome text)
    order by seq`.then(
    () => false,
    (error: unknown) => {
      if (isTaken(error)) return true;
      throw error;
    },
  );
  return taken ? 'behind' : 'committed';
}

const uniqueViolation = '23505';
const isTaken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === uniqueViolation;

function conditionsOf(query: AuditQuery): SQL | undefined {
  const { scope, sinceMs, untilMs, action, actor, resource, outcome, before, after } = query;
  const given = <Value>(value: Value | undefined, condition: (value: Value) => SQL): SQL | undefined =>
    value === undefined ? undefined : condition(value);
  return and(
    scope.kind === 'own' ? eq(auditEvents.actorId, scope.userId) : undefined,
    scope.kind === 'organisation' ? eq(auditEvents.orgId, scope.orgId) : undefined,
    given(sinceMs, (ms) => gte(auditEvents.at, new Date(ms))),
    given(untilMs, (ms) => lt(auditEvents.at, new Date(ms))),
    given(action, (value) => eq(auditEvents.action, value)),
    given(actor, (value) => eq(auditEvents.actorId, value)),
    given(resource, (value) => eq(auditEvents.resourceId, value)),
    given(outcome, (value) => eq(auditEvents.outcome, value)),
    given(before, (seq) => lt(auditEvents.seq, seq)),
    given(after, (seq) => gt(auditEvents.seq, seq)),
  );
}
