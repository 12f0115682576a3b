/**
 * The region's Postgres. Statements of the hot path are postgres.js templates, which are prepared; drizzle holds the
 * schema and brings it up to date. Time limits hold on the server too, so that a stuck statement frees its connection
 * even when the asker has gone.
 */
import { limits } from '@cellbook/shared/limits.ts';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';

/** Drizzle on postgres.js; `$client` is the postgres.js client for hand-written statements. */
export type Database = PostgresJsDatabase<Record<string, never>> & { $client: postgres.Sql };

export interface DatabaseOptions {
  /** Shown in pg_stat_activity. */
  applicationName?: string;
  connectionsMax?: number;
  /** Server settings of its connections. */
  settings?: Record<string, string>;
}

export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  return drizzle(
    postgres(url, {
      max: options.connectionsMax ?? limits.scheduler.connectionsMax,
      connect_timeout: limits.database.connectTimeoutMs / 1000,
      idle_timeout: limits.database.idleConnectionMs / 1000,
      // A scheduler that waited longer would not lead again within five seconds of its database's return.
      backoff: () => limits.scheduler.reconnectMs / 1000,
      onnotice: () => {},
      connection: {
        application_name: options.applicationName ?? 'cellbook-scheduler',
        statement_timeout: limits.database.statementTimeoutMs,
        lock_timeout: limits.database.lockTimeoutMs,
        idle_in_transaction_session_timeout: limits.database.statementTimeoutMs,
        ...options.settings,
      },
    }),
  );
}

/** Waits a moment for running statements, then drops the connections. */
export async function closeDatabase(database: Database): Promise<void> {
  await database.$client.end({ timeout: limits.database.closeTimeoutMs / 1000 });
}
