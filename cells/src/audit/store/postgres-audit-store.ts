/** The log in the cell's Postgres. A batch is one statement: one round trip and one commit. */
import { type ChainHead, emptyChain } from '@cellbook/shared/audit/chain.ts';
import { columnsOfBody } from '@cellbook/shared/audit/event-columns.ts';
import { auditIdSchema } from '@cellbook/shared/ids.ts';
import { and, asc, desc, eq, gt, gte, lt, lte, or, type SQL, sql } from 'drizzle-orm';
import { auditEvents, auditExported, auditIntents, auditPolicies, auditStatements } from '../../db/audit.ts';
import type { Database } from '../../db/database.ts';
import type { AuditBatch, AuditQuery, AuditStore, KeptStatement } from './audit-store.ts';
import { instanceOf } from './memory-audit-store.ts';

export function createPostgresAuditStore(database: Database): AuditStore {
  return {
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
    async addStatement(statement) {
      const added = await database
        .insert(auditStatements)
        .values(statement)
        .onConflictDoNothing()
        .returning();
      return added.length === 1;
    },
    async statements(limit) {
      const all = database.select().from(auditStatements).orderBy(asc(auditStatements.seq));
      return (await (limit === undefined ? all : all.limit(limit))).map(keptStatement);
    },
    dropStatements: (statements) => dropStatements(database, statements),
    checkpointUpTo: (seq) =>
      lastWhere(database, and(eq(auditStatements.kind, 'checkpoint'), lte(auditStatements.seq, seq))),
    lastRemoval: () => lastWhere(database, eq(auditStatements.kind, 'removal')),
    lastStatement: () => lastWhere(database, undefined),
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
    lastExpired: (nowMs, daysByTier, rowsMax, daysMin = 0) =>
      lastExpired(database, { nowMs, daysByTier, rowsMax, daysMin }),
    async noteExported(seq) {
      await database.$client`
        insert into audit_exported
        select 1, least(${seq}::bigint, coalesce(max(audit_events.seq), 0)) from audit_events
        on conflict (id) do update set seq = greatest(audit_exported.seq, excluded.seq)`;
    },
    async exportedThrough() {
      const [row] = await database.select().from(auditExported);
      return row?.seq ?? 0;
    },
    remove: (statement) => remove(database, statement),
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

/**
 * An organisation's own word counts, else its tier here, else the longest time of all. The row that is kept
 * first is found in the order of the chain, where the oldest come first.
 */
async function lastExpired(
  database: Database,
  given: { nowMs: number; daysByTier: Record<string, number>; rowsMax: number; daysMin: number },
): Promise<ChainHead | null> {
  const { nowMs, daysByTier, rowsMax, daysMin } = given;
  const longest = Math.max(...Object.values(daysByTier));
  const [last] = await database.$client<ChainHead[]>`
    with days as (
      select org_id, max((${JSON.stringify(daysByTier)}::text::jsonb ->> tier)::int) as days
      from workspaces group by org_id
    ), kept as (
      select min(seq) as seq from audit_events
      left join audit_policies using (org_id) left join days using (org_id)
      where at + greatest(coalesce(retention_days, days, ${longest}), ${daysMin}) * interval '1 day'
        > ${new Date(nowMs).toISOString()}::timestamptz
    )
    select seq::int8 as seq, hash from audit_events
    where seq < coalesce((select seq from kept), (select max(seq) from audit_events))
      and seq < (select min(seq) from audit_events) + ${rowsMax}
    order by seq desc limit 1`;
  return last ? { seq: Number(last.seq), hash: last.hash } : null;
}

const keptStatement = ({ kind, ...rest }: typeof auditStatements.$inferSelect): KeptStatement => ({
  ...rest,
  kind: kind === 'removal' ? kind : 'checkpoint',
});

async function lastWhere(database: Database, condition: SQL | undefined): Promise<KeptStatement | null> {
  const [last] = await database
    .select()
    .from(auditStatements)
    .where(condition)
    .orderBy(desc(auditStatements.seq))
    .limit(1);
  return last ? keptStatement(last) : null;
}

async function dropStatements(
  { $client: client }: Database,
  statements: readonly Pick<KeptStatement, 'kind' | 'seq'>[],
): Promise<number> {
  const named = JSON.stringify(statements.map(({ kind, seq }) => ({ kind, seq })));
  const gone = await client`
    delete from audit_statements using jsonb_to_recordset(${named}::text::jsonb) as named (kind text, seq bigint)
    where audit_statements.kind = named.kind and audit_statements.seq = named.seq`;
  return gone.count;
}

async function remove(database: Database, statement: KeptStatement): Promise<number> {
  return database.transaction(async (tx) => {
    const added = await tx.insert(auditStatements).values(statement).onConflictDoNothing().returning();
    if (added.length === 0) return 0;
    const gone = await tx.delete(auditEvents).where(lte(auditEvents.seq, statement.seq));
    return gone.count;
  });
}
