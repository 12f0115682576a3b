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
    /** The server's own process. */
    async serverPid(): Promise<number> {
      const [row] = await sql`select pg_backend_pid() as pid`;
      return parentOf(count.parse(row?.pid));
    },
    close: () => sql.end({ timeout: 2 }),
  };
}
