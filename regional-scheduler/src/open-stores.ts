/** What an instance keeps in the region's Postgres. */
import type { SchedulerConfig } from './config.ts';
import { closeDatabase, openDatabase } from './db/database.ts';
import { migrate } from './db/migrate.ts';
import { createPostgresLeaderStore } from './leader/postgres-leader-store.ts';
import { arrivalSettings, createPostgresArrivals } from './log/postgres-arrivals.ts';
import { createPostgresEventLog } from './log/postgres-event-log.ts';
import { createPostgresSnapshotStore } from './log/postgres-snapshot-store.ts';

export type Stores = Awaited<ReturnType<typeof openStores>>;

export async function openStores({ databaseUrl }: Pick<SchedulerConfig, 'databaseUrl'>) {
  const database = openDatabase(databaseUrl);
  const own = { applicationName: 'cellbook-arrivals', connectionsMax: 2, settings: arrivalSettings };
  const arriving = openDatabase(databaseUrl, own);
  await migrate(database);
  return {
    database,
    log: createPostgresEventLog(database),
    arrivals: createPostgresArrivals(arriving),
    snapshots: createPostgresSnapshotStore(database),
    leaders: createPostgresLeaderStore(database),
    async close(): Promise<void> {
      await Promise.all([closeDatabase(arriving), closeDatabase(database)]);
    },
  };
}
