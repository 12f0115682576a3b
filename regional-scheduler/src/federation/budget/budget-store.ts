import { type OrgId, orgIdSchema, type UserId, userIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { BudgetTold } from '@cellbook/shared/protocol/region-asks.ts';
import { holdingsOf } from '../../admission/postgres/read-known.ts';
import type { Database } from '../../db/database.ts';

export interface BudgetOf {
  orgId: OrgId;
  /** Absent: the organisation's. */
  userId?: UserId | undefined;
  month: string;
}

/** As `job_accounts` has them (admission/decide-admission.ts). */
export const holderOf = ({ orgId, userId }: Omit<BudgetOf, 'month'>): string =>
  userId === undefined ? orgId : `${orgId}/${userId}`;

/** What this region was granted, in its Postgres. */
export interface BudgetStore {
  granted(of: BudgetOf): Promise<BudgetTold>;
  /** Spent or reserved here. */
  used(of: BudgetOf): Promise<number>;
  /** An answer that is older than the last changes nothing. */
  write(of: BudgetOf, told: BudgetTold): Promise<void>;
  /** False: something else was told since. */
  lower(of: BudgetOf, to: BudgetTold): Promise<boolean>;
  /** Those of a month of which more is granted than is used, by a share of the grant that is worth a call. */
  unused(month: string): Promise<Standing[]>;
  /** Those of a month of which more is used than was granted, the most first; or one of them. */
  unasked(month: string, of?: Omit<BudgetOf, 'month'>): Promise<Standing[]>;
}

/** How the account of a holder stands to what was granted. */
export type Standing = BudgetOf & BudgetTold & { usedMicros: number };

export function createPostgresBudgetStore({ $client: sql }: Database): BudgetStore {
  return {
    async granted({ month, ...of }) {
      const [row] = await sql<BudgetTold[]>`
        select granted_micros::float8 as "grantedMicros", revision::float8 as revision
        from region_budgets where org_id = ${holderOf(of)} and month = ${month}`;
      return row ?? { grantedMicros: 0, revision: 0 };
    },
    async used({ month, ...of }) {
      const holder = holderOf(of);
      const held = (await holdingsOf(sql, [holder], month)).get(holder);
      return held ? held.reservedMicros + held.spentMicros : 0;
    },
    async write({ month, ...of }, { grantedMicros, revision }) {
      await sql`
        insert into region_budgets as b (org_id, month, granted_micros, revision)
        values (${holderOf(of)}, ${month}, ${grantedMicros}, ${revision})
        on conflict (org_id, month) do update set granted_micros = excluded.granted_micros,
          revision = excluded.revision where excluded.revision > b.revision`;
    },
    async lower({ month, ...of }, { grantedMicros, revision }) {
      const { count } = await sql`
        update region_budgets set granted_micros = ${grantedMicros}
        where org_id = ${holderOf(of)} and month = ${month} and revision = ${revision}
          and granted_micros >= ${grantedMicros}`;
      return count > 0;
    },
    async unused(month) {
      const { budgetKeptMicros, budgetKeptShare } = limits.federation;
      const rows = await sql<Row[]>`
        select b.org_id as holder, b.month, b.granted_micros::float8 as "grantedMicros",
          b.revision::float8 as revision,
          coalesce(a.reserved_micros + a.spent_micros, 0)::float8 as "usedMicros"
        from region_budgets b left join job_accounts a on a.holder = b.org_id and a.month = b.month
        where b.month = ${month} and b.granted_micros - coalesce(a.reserved_micros + a.spent_micros, 0)
          > greatest(${budgetKeptMicros}::float8, b.granted_micros * ${budgetKeptShare}::float8)`;
      return rows.map(standingOf);
    },
    async unasked(month, of) {
      const holder = of ? holderOf(of) : null;
      const rows = await sql<Row[]>`
        select a.holder, a.month, coalesce(b.granted_micros, 0)::float8 as "grantedMicros",
          coalesce(b.revision, 0)::float8 as revision,
          (a.reserved_micros + a.spent_micros)::float8 as "usedMicros"
        from job_accounts a left join region_budgets b on b.org_id = a.holder and b.month = a.month
        where a.month = ${month} and (${holder}::text is null or a.holder = ${holder}) and a.reserved_micros + a.spent_micros > coalesce(b.granted_micros, 0)
        order by a.reserved_micros + a.spent_micros - coalesce(b.granted_micros, 0) desc
        limit ${limits.federation.budgetsToldMax}`;
      return rows.map(standingOf);
    },
  };
}

type Row = BudgetTold & { holder: string; month: string; usedMicros: number };

const standingOf = ({ holder, ...row }: Row): Standing => ({ ...row, ...partsOf(holder) });

function partsOf(holder: string): Omit<BudgetOf, 'month'> {
  const [orgId, userId] = holder.split('/');
  return {
    orgId: orgIdSchema.parse(orgId),
    ...(userId !== undefined && { userId: userIdSchema.parse(userId) }),
  };
}
