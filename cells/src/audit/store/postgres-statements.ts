/** What was signed of a cell's chain, in its Postgres: read, thinned, and what a removal stands on. */
import type { ChainHead } from '@cellbook/shared/audit/chain.ts';
import { and, asc, desc, eq, gte, lte, type SQL } from 'drizzle-orm';
import { auditEvents, auditExported, auditStatements } from '../../db/audit.ts';
import type { Database } from '../../db/database.ts';
import type { AuditStore, KeptStatement } from './audit-store.ts';

type Statements = Pick<
  AuditStore,
  | 'addStatement'
  | 'statements'
  | 'dropStatements'
  | 'checkpointUpTo'
  | 'lastRemoval'
  | 'lastStatement'
  | 'lastExpired'
  | 'noteExported'
  | 'exportedThrough'
  | 'remove'
>;

export function postgresStatements(database: Database): Statements {
  return {
    async addStatement(statement) {
      const added = await database
        .insert(auditStatements)
        .values(statement)
        .onConflictDoNothing()
        .returning();
      return added.length === 1;
    },
    async statements(limit, from = 0) {
      const all = database
        .select()
        .from(auditStatements)
        .where(gte(auditStatements.seq, from))
        .orderBy(asc(auditStatements.seq), asc(auditStatements.kind));
      return (await (limit === undefined ? all : all.limit(limit))).map(keptStatement);
    },
    dropStatements: (statements) => dropStatements(database, statements),
    checkpointUpTo: (seq) =>
      lastWhere(database, and(eq(auditStatements.kind, 'checkpoint'), lte(auditStatements.seq, seq))),
    lastRemoval: () => lastWhere(database, eq(auditStatements.kind, 'removal')),
    lastStatement: () => lastWhere(database, undefined),
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
