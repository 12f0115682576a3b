/** Buckets as rows, locked in the order of their names so that two who take from the same ones never wait for each other. */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { Database } from '../db/database.ts';
import type { Rates } from './rates.ts';
import { type Bucket, take } from './token-bucket.ts';

export function postgresRates(database: Database, clock: Clock): Rates {
  const sql = database.$client;
  return {
    async take(rules, count) {
      const ordered = rules.toSorted((left, right) => (left.name < right.name ? -1 : 1));
      const names = ordered.map(({ name }) => name);
      return sql.begin(async (transaction) => {
        await transaction`
          insert into rate_buckets (name, tokens, at_ms)
          select * from unnest(${names}::text[], ${ordered.map(({ burst }) => burst)}::float8[],
            ${ordered.map(() => clock.nowMs())}::bigint[]) order by 1
          on conflict (name) do nothing`;
        const rows = await transaction<{ name: string; tokens: number; at: number }[]>`
          select name, tokens, at_ms::float8 as at from rate_buckets where name = any(${names}) order by name for update`;
        const known = new Map(rows.map(({ name, tokens, at }) => [name, { tokens, atMs: at } as Bucket]));
        const { after, ...taken } = take(
          names.map((name) => known.get(name)),
          ordered,
          count,
          clock.nowMs(),
        );
        await transaction`
          update rate_buckets b set tokens = n.tokens, at_ms = n.at_ms
          from unnest(${names}::text[], ${after.map(({ tokens }) => tokens)}::float8[],
            ${after.map(({ atMs }) => atMs)}::bigint[]) as n(name, tokens, at_ms) where b.name = n.name`;
        return taken;
      });
    },
  };
}
