/** Brings the schema up to date. Safe to call from any number of starters at once: one works, the rest wait. */
import { fileURLToPath } from 'node:url';
import { limits } from '@cellbook/shared/limits.ts';
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator';
import type { Database } from './database.ts';

const migrationsFolder = fileURLToPath(new URL('./migrations', import.meta.url));
/** Any constant: the name of this lock in Postgres. */
const lockName = 4_823_108;

export async function migrate(database: Database): Promise<void> {
  const holder = await database.$client.reserve();
  try {
    await holder`select set_config('lock_timeout', ${String(limits.database.migrationTimeoutMs)}, false),
                        set_config('statement_timeout', ${String(limits.database.migrationTimeoutMs)}, false)`;
    await holder`select pg_advisory_lock(${lockName})`;
    try {
      await applyMigrations(database, { migrationsFolder });
    } finally {
      await holder`select pg_advisory_unlock(${lockName})`;
      await holder`reset lock_timeout`;
      await holder`reset statement_timeout`;
    }
  } finally {
    holder.release();
  }
}
