/**
 * The cell's Postgres: a small pool, and time limits that hold on the server too, so that a stuck query
 * frees its connection even when the asker has gone.
 */
import { limits } from '@cellbook/shared/limits.ts';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { prepareStatements } from './prepare-statements.ts';

/** Drizzle on postgres.js; `$client` is the postgres.js client for hand-written statements. */
export type Database = PostgresJsDatabase<Record<string, never>> & { $client: postgres.Sql };

export interface DatabaseOptions {
  /** Shown in pg_stat_activity. */
  applicationName?: string;
  connectionsMax?: number;
}

export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  const client = postgres(url, {
    max: options.connectionsMax ?? limits.database.connectionsMax,
    connect_timeout: limits.database.connectTimeoutMs / 1000,
    backoff: reconnectDelay,
    idle_timeout: limits.database.idleConnectionMs / 1000,
    onnotice: () => {},
    connection: {
      application_name: options.applicationName ?? 'cellbook-cell',
      statement_timeout: limits.database.statementTimeoutMs,
      lock_timeout: limits.database.lockTimeoutMs,
      idle_in_transaction_session_timeout: limits.database.statementTimeoutMs,
    },
  });
  return drizzle(prepareStatements(client));
}

/** In seconds: at once after one that broke, then ever later, up to a bound. */
const reconnectDelay = (failures: number): number =>
  Math.min(3 ** failures / 100, limits.database.reconnectMs / 1000);

/** Waits a moment for running queries, then drops the connections. */
export async function closeDatabase(database: Database): Promise<void> {
  await database.$client.end({ timeout: limits.database.closeTimeoutMs / 1000 });
}
