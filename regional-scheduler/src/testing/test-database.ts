/** For tests of the scheduler: a fresh, migrated database on a real Postgres, whose log has its first partitions. */
import { createTestDatabase } from '@cellbook/ops/test/database.ts';
import { closeDatabase, type Database, openDatabase } from '../db/database.ts';
import { migrate } from '../db/migrate.ts';
import { ensurePartitions } from '../log/partitions.ts';

export interface SchedulerTestDatabase {
  database: Database;
  url: string;
  /** Closes the pool and drops the database. */
  drop(): Promise<void>;
}

export async function createSchedulerTestDatabase(): Promise<SchedulerTestDatabase> {
  const { url, drop } = await createTestDatabase();
  const database = openDatabase(url, { applicationName: 'cellbook-test' });
  await migrate(database);
  await ensurePartitions(database, 0);
  return {
    database,
    url,
    async drop() {
      await closeDatabase(database);
      await drop();
    },
  };
}
