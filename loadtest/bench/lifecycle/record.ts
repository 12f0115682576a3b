/** What the cell's own record says happened: read from its Postgres, so that nothing is counted by us. */
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { z } from 'zod';
import { parentOf } from './processor.ts';

const count = z.coerce.number();
const statementsSchema = z.object({ transactions: count, inserted: count, updated: count });

export interface Counters {
  /** Changes of phase recorded so far. */
  transitions: number;
  transactions: number;
  rowsWritten: number;
}

export type CellRecord = ReturnType<typeof cellRecord>;

export function cellRecord(databaseUrl: string) {
  const sql = postgres(databaseUrl, { max: 2, onnotice: () => undefined });
  return {
    async counters(): Promise<Counters> {
      const [row] = await sql`select count(*) as transitions from workspace_transitions where kind = 'phase'`;
      const [statements] = await sql`
        select xact_commit as transactions, tup_inserted as inserted, tup_updated as updated
        from pg_stat_database where datname = current_database()`;
      const { transactions, inserted, updated } = statementsSchema.parse(statements);
      return { transitions: count.parse(row?.transitions), transactions, rowsWritten: inserted + updated };
    },
    /** Resolves when `expected` workspaces are in `phase`. */
    async settled(phase: string, expected: number, deadlineMs: number): Promise<void> {
      const endMs = performance.now() + deadlineMs;
      let there = 0;
      while (performance.now() < endMs) {
        const [row] = await sql`select count(*) as there from workspaces where phase = ${phase}`;
        there = count.parse(row?.there);
        if (there >= expected) return;
        await sleep(100);
      }
      throw new Error(`${there} of ${expected} workspaces are ${phase} after ${deadlineMs} ms`);
    },
    /** What the directory says of an organisation of one person: its cell has all of its quota and secrets, for good. */
    async grantAll(orgs: readonly string[]): Promise<void> {
      const none = JSON.stringify({ workspaces: 0, runningSandboxes: 0, memoryBytes: 0, storageBytes: 0 });
      await sql`
        insert into quota_shares (org_id, ask, allowed, told, used_elsewhere, whole, ends_at, answered_at,
          workspaces, running)
        select org, 1, ${none}::text::jsonb, ${none}::text::jsonb, ${none}::text::jsonb, true,
          now() + interval '1 day', now(), 0, 0
        from unnest(${[...orgs]}::text[]) as org`;
      await sql`insert into secret_sets (org_id, since) select org, now() from unnest(${[...orgs]}::text[]) as org`;
    },
    /** How long each step of the lifecycle took, in milliseconds. */
    async steps(): Promise<Record<string, { p50Ms: number; p99Ms: number; n: number }>> {
      const rows = await sql`
        select step, count(*) as n, percentile_disc(0.5) within group (order by duration_ms) as p50,
          percentile_disc(0.99) within group (order by duration_ms) as p99
        from workspace_transitions where kind = 'outcome' group by step order by step`;
      return Object.fromEntries(
        rows.map(({ step, n, p50, p99 }) => [
          z.string().parse(step),
          { p50Ms: count.parse(p50), p99Ms: count.parse(p99), n: count.parse(n) },
        ]),
      );
    },
    /** The server's own process. */
    async serverPid(): Promise<number> {
      const [row] = await sql`select pg_backend_pid() as pid`;
      return parentOf(count.parse(row?.pid));
    },
    close: () => sql.end({ timeout: 2 }),
  };
}
