/** The thread that makes a snapshot: folds the log as any instance does, and writes down what came of it. */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '@cellbook/shared/clock.ts';
import { z } from 'zod';
import { closeDatabase, openDatabase } from '../db/database.ts';
import { createPostgresEventLog } from '../log/postgres-event-log.ts';
import { createPostgresSnapshotStore } from '../log/postgres-snapshot-store.ts';
import { makeSnapshot } from './make-snapshot.ts';

const { databaseUrl } = z.object({ databaseUrl: z.string() }).parse(workerData);
const database = openDatabase(databaseUrl, { applicationName: 'cellbook-snapshot', connectionsMax: 2 });
const seq = await makeSnapshot(
  createPostgresEventLog(database),
  createPostgresSnapshotStore(database),
  systemClock,
);
await closeDatabase(database);
parentPort?.postMessage({ seq });
