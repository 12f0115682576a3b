/**
 * How full what the scheduler writes to is: its disk, looked at when somebody asks, and its database, looked at in the
 * background, so that whoever asks while Postgres is away is answered.
 */
import { statfs } from 'node:fs/promises';
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { Database } from '../db/database.ts';

const lookEveryMs = 30_000;

export interface StorageDeps {
  metrics: Metrics;
  clock: Clock;
  database: Database;
  /** By what lies there. */
  directories: Readonly<Record<string, string>>;
}

export interface StorageGauges {
  look(): Promise<void>;
  close(): Promise<void>;
}

export function storageGauges({ metrics, clock, database, directories }: StorageDeps): StorageGauges {
  const disk = metrics.gauge('cellbook_scheduler_disk_bytes', 'Of the disk that a directory is on.', [
    'holds',
    'what',
  ]);
  const size = metrics.gauge('cellbook_scheduler_database_bytes', 'Of the record in Postgres.');
  const snapshot = metrics.gauge(
    'cellbook_scheduler_snapshot_age_seconds',
    'Since the newest snapshot was made.',
  );
  let underWay: Promise<void> = Promise.resolve();
  let dueMs = 0;

  async function lookAtDatabase(): Promise<void> {
    const looking = { code: 'store_unavailable', doing: 'looking how large the record is' } as const;
    const read = () => database.$client<{ bytes: string; age: number | null }[]>`
      select pg_database_size(current_database())::text as bytes,
        (select extract(epoch from now() - max(made_at))::float8 from snapshots) as age`;
    const [row] = await withDeadline(clock, limits.scheduler.statementMs, looking, read);
    if (!row) return;
    size.set(Number(row.bytes));
    if (row.age !== null) snapshot.set(row.age);
  }

  return {
    async look() {
      for (const [holds, directory] of Object.entries(directories)) {
        const found = await statfs(directory).catch(() => null);
        if (!found) continue;
        disk.set({ holds, what: 'free' }, found.bavail * found.bsize);
        disk.set({ holds, what: 'size' }, found.blocks * found.bsize);
      }
      if (clock.monotonicMs() < dueMs) return;
      dueMs = clock.monotonicMs() + lookEveryMs;
      underWay = lookAtDatabase().catch(() => undefined);
    },
    close: () => underWay,
  };
}
