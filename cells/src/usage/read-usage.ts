/**
 * What was used, in hours, days or months: one statement over the ledger, what is counted of the hour under way, and
 * what is held now, up to now (README.md draws it). Every row lies within one hour, or what was held did not change
 * in it; steps begin at whole hours. So a row's share of a step is exact: all of it, or by time.
 */
import type { OrgId, UserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { tierSchema } from '@cellbook/shared/protocol/principal.ts';
import type { UsageGroup, UsageStep } from '@cellbook/shared/protocol/usage-api.ts';
import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Database } from '../db/database.ts';

export interface UsageAsked {
  ownerId?: UserId;
  orgId?: OrgId;
  /** Whole hours; without an end, up to now. */
  fromMs: number;
  toMs: number | null;
  by: UsageStep;
  group: UsageGroup;
}

export const meters = [
  'running',
  'live',
  'memory',
  'memory_remote',
  'files',
  'versions',
  'environment',
  'egress_up',
  'egress_down',
] as const;

const soMany = z.string().transform(Number);
const pieceSchema = z.object({
  /** Of the step, since 1970. */
  startSeconds: soMany,
  key: z.string().nullable(),
  name: z.string().nullable(),
  meter: z.enum(meters),
  /** Of `running`. */
  tier: tierSchema.nullable(),
  size: soMany.nullable(),
  activeMs: soMany,
  total: soMany,
});
/** What one meter of one group has counted in one step. */
export type UsagePiece = z.infer<typeof pieceSchema>;

const keyOf: Record<UsageGroup, SQL> = {
  workspace: sql`workspace_id`,
  user: sql`owner_id`,
  team: sql`team`,
  organisation: sql`org_id`,
};

/** One more than `usage.piecesMax` where there is more than is answered at once. */
export async function readUsage(database: Database, asked: UsageAsked): Promise<UsagePiece[]> {
  const { by, group, fromMs, toMs } = asked;
  const from = utc(fromMs);
  const to = toMs === null ? sql`'infinity'::timestamp` : utc(toMs);
  // Of all that was asked for there is one step, which begins with it.
  const step = by === 'total' ? sql`interval '1000 years'` : sql.raw(`interval '1 ${by}'`);
  const stepOf = (at: SQL) => (by === 'total' ? from : sql`date_trunc(${sql.raw(`'${by}'`)}, ${at})`);
  const name =
    group === 'workspace' ? sql`(select w.name from workspaces w where w.id = sums.key)` : sql`null`;
  const rows = await database.execute(sql`
    with clock as materialized (select usage_now() as now_at),
    spans as (${spansOf(asked)}),
    pieces as (
      select ${keyOf[group]} as key, meter, tier, size_bytes, greatest(start, ${from}) as start,
        extract(epoch from least(to_at, start + ${step}, ${to}) - greatest(from_at, start, ${from})) as part,
        extract(epoch from to_at - from_at) as whole, active_ms, total
      from spans, lateral generate_series(
        ${stepOf(sql`greatest(from_at, ${from})`)},
        greatest(from_at, least(to_at, ${to}) - interval '1 millisecond'), ${step}) as start
      where (to_at > ${from} or (to_at = from_at and from_at >= ${from})) and from_at < ${to}),
    sums as (
      select start, key, meter,
        case when meter = 'running' then tier end as tier,
        case when meter = 'running' then size_bytes end as size,
        sum(case when whole = 0 then active_ms else active_ms * part / whole end) as active_ms,
        sum(case when whole = 0 then total else total * part / whole end) as total
      from pieces group by 1, 2, 3, 4, 5)
    select extract(epoch from start)::text as "startSeconds", key, ${name} as name, meter, tier, size::text as size,
      active_ms::text as "activeMs", total::text as total
    from sums order by start, key nulls first, meter, tier, size limit ${limits.usage.piecesMax + 1}`);
  return rows.map((row) => pieceSchema.parse(row));
}

/** Times as those of UTC, whatever the connection's zone. */
function spansOf({ ownerId, orgId, fromMs }: UsageAsked): SQL {
  const whose = sql`
    ${ownerId === undefined ? sql`true` : sql`owner_id = ${ownerId}`}
    and ${orgId === undefined ? sql`true` : sql`org_id = ${orgId}`}`;
  const columns = sql`workspace_id, meter, org_id, owner_id, tier, team, size_bytes`;
  const from = new Date(fromMs).toISOString();
  const inUtc = (at: SQL) => sql`${at} at time zone 'UTC'`;
  return sql`
    select ${columns}, ${inUtc(sql`from_at`)} as from_at, ${inUtc(sql`to_at`)} as to_at, active_ms, total
    from usage_ledger where to_at >= ${from}::timestamptz and ${whose}
    union all
    select ${columns}, ${inUtc(sql`from_at`)}, ${inUtc(sql`since`)}, active_ms, total
    from usage_meters where (total <> 0 or active_ms <> 0) and ${whose}
    union all
    select ${columns}, ${inUtc(sql`since`)}, ${inUtc(sql`now_at`)},
      usage_ms(since, now_at), amount::numeric * usage_ms(since, now_at)
    from usage_meters, clock where held and since < now_at and ${whose}`;
}

const utc = (ms: number): SQL => sql`${new Date(ms).toISOString().slice(0, -1)}::timestamp`;
