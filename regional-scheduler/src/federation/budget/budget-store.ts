import type { OrgId } from '@cellbook/shared/ids.ts';
import type { BudgetTold } from '@cellbook/shared/protocol/region-asks.ts';
import { holdingsOf } from '../../admission/postgres/read-known.ts';
import type { Database } from '../../db/database.ts';

export interface BudgetOf {
  orgId: OrgId;
  month: string;
}

/** What this region was granted, in its Postgres. */
export interface BudgetStore {
  granted(of: BudgetOf): Promise<BudgetTold>;
  /** Spent or reserved here. */
  used(of: BudgetOf): Promise<number>;
  /** An answer that is older than the last changes nothing. */
  write(of: BudgetOf, told: BudgetTold): Promise<void>;
  /** False: something else was told since. */
  lower(of: BudgetOf, to: BudgetTold): Promise<boolean>;
  /** Those of a month of which more than a unit is granted and not used. */
  unused(month: string): Promise<Unused[]>;
}

export type Unused = BudgetOf & BudgetTold & { usedMicros: number };

export function createPostgresBudgetStore({ $client: sql }: Database): BudgetStore {
  return {
    async granted({ orgId, month }) {
      const [row] = await sql<BudgetTold[]>`
        select granted_micros::float8 as "grantedMicros", revision::float8 as revision
        from region_budgets where org_id = ${orgId} and month = ${month}`;
      return row ?? { grantedMicros: 0, revision: 0 };
    },
    async used({ orgId, month }) {
      const held = (await holdingsOf(sql, [orgId], month)).get(orgId);
      return held ? held.reservedMicros + held.spentMicros : 0;
    },
    async write({ orgId, month }, { grantedMicros, revision }) {
      await sql`
        insert into region_budgets as b (org_id, month, granted_micros, revision)
        values (${orgId}, ${month}, ${grantedMicros}, ${revision})
        on conflict (org_id, month) do update set granted_micros = excluded.granted_micros,
          revision = excluded.revision where excluded.revision > b.revision`;
    },
    async lower({ orgId, month }, { grantedMicros, revision }) {
      const { count } = await sql`
        update region_budgets set granted_micros = ${grantedMicros}
        where org_id = ${orgId} and month = ${month} and revision = ${revision}
          and granted_micros >= ${grantedMicros}`;
      return count > 0;
    },
    async unused(month) {
      return sql<Unused[]>`
        select b.org_id as "orgId", b.month, b.granted_micros::float8 as "grantedMicros",
          b.revision::float8 as revision,
          coalesce(a.reserved_micros + a.spent_micros, 0)::float8 as "usedMicros"
        from region_budgets b left join job_accounts a on a.holder = b.org_id and a.month = b.month
        where b.month = ${month} and b.granted_micros > coalesce(a.reserved_micros + a.spent_micros, 0) + 1000000`;
    },
  };
}
