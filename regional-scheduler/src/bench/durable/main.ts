/**
 * The scheduler's record, measured on the Postgres that DATABASE_URL names, an empty database:
 *
 *     node regional-scheduler/src/bench/durable/main.ts [--jobs 1000000] [--gpus 5120] [--customers 10000]
 *          [--seconds 10] [--drain 20000] [--alone 600]
 *
 * Its last line is one JSON object.
 */
import { parseArgs } from 'node:util';
import { systemClock as clock } from '@cellbook/shared/clock.ts';
import { createLogger } from '@cellbook/shared/log.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { z } from 'zod';
import { applyEvent } from '../../core/apply-event.ts';
import { newState } from '../../core/state.ts';
import { closeDatabase, openDatabase } from '../../db/database.ts';
import { migrate } from '../../db/migrate.ts';
import { rebuild } from '../../lead/replica.ts';
import { writeSnapshot } from '../../lead/snapshot-format.ts';
import { createPostgresLeaderStore } from '../../leader/postgres-leader-store.ts';
import { noArrival } from '../../log/event-log.ts';
import { ensurePartitions } from '../../log/partitions.ts';
import { createPostgresEventLog } from '../../log/postgres-event-log.ts';
import { createPostgresSnapshotStore } from '../../log/postgres-snapshot-store.ts';
import { admitAll } from './admit.ts';
import { admitAlone } from './admit-alone.ts';
import { decideDurably } from './decide-durably.ts';
import { drawJobs, hostsUp } from './fleet-of-jobs.ts';
import { submitAndDrain } from './submit-and-drain.ts';

const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: { jobs: text, gpus: text, customers: text, seconds: text, drain: text, alone: text },
});
const count = (fallback: number) => z.coerce.number().int().positive().default(fallback);
const given = z
  .object({
    jobs: count(1_000_000),
    gpus: count(5_120),
    customers: count(10_000),
    seconds: count(10),
    drain: count(20_000),
    alone: count(600),
  })
  .parse(values);

const random = seededRandom(5);
const atMs = clock.nowMs();
const databaseUrl = z.url().parse(process.env.DATABASE_URL);
const database = openDatabase(databaseUrl);
await migrate(database);
await ensurePartitions(database, 0);
const stores = { log: createPostgresEventLog(database), snapshots: createPostgresSnapshotStore(database) };
const say = (what: string) => console.error(what);

say(`adding and draining ${given.drain} jobs`);
const drainJobs = [...drawJobs(given.drain, given.customers, atMs, random)].map((job) => ({
  ...job,
  gpus: 1,
}));
const log = createLogger({ program: 'bench', level: 'error' });
const drained = await submitAndDrain({
  ...{
    database,
    databaseUrl,
    jobs: drainJobs,
    clients: 4,
    batch: 100,
    hosts: given.gpus / 8,
    clock,
    random,
    log,
  },
});

const admitted = [...drawJobs(given.drain, given.customers, atMs, random)];
const admitPerSecond = await admitAll({ database, jobs: admitted, clients: 4, batch: 100, clock });
const alone = [...drawJobs(given.alone, given.customers, atMs, random)];
const admitMs = await admitAlone({ database, jobs: alone, clock });

say(`a state of ${given.jobs} queued jobs`);
const state = newState();
for (const event of hostsUp(given.gpus, atMs)) applyEvent(state, event);
for (const job of drawJobs(given.jobs, given.customers, atMs, random))
  applyEvent(state, { type: 'job_submitted', atMs, job });
const lastSeq = await stores.log.lastSeq();
await stores.snapshots.save({ seq: lastSeq, watermark: noArrival }, writeSnapshot(state));

say(`deciding for ${given.seconds} s`);
const epoch =
  (await createPostgresLeaderStore(database).acquire({ holder: 'bench', url: '', ttlMs: 1e9 })) ?? 0;
await ensurePartitions(database, lastSeq);
const run = await decideDurably({
  ...{
    state,
    log: stores.log,
    epoch,
    lastSeq,
    clock,
    random,
    forMs: given.seconds * 1000,
    endsPerRound: 250,
  },
});
const rssMb = Math.round(process.memoryUsage().rss / 1024 ** 2);

say('folding it anew');
const processor = process.cpuUsage();
const rebuildAtMs = clock.monotonicMs();
const rebuilt = await rebuild(stores.log, stores.snapshots, { clock });
const rebuildSeconds = Number(((clock.monotonicMs() - rebuildAtMs) / 1000).toFixed(2));
const { user, system } = process.cpuUsage(processor);
const rebuildProcessorSeconds = Number(((user + system) / 1e6).toFixed(2));
await closeDatabase(database);
const queuedJobs = rebuilt.state.jobs.size;
console.log(
  JSON.stringify({
    ...run,
    ...drained,
    admitPerSecond,
    admitMs,
    rebuildSeconds,
    rebuildProcessorSeconds,
    queuedJobs,
    tailEvents: run.lastSeq - lastSeq,
    rssMb,
  }),
);
