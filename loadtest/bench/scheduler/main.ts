/**
 * `npm run bench -- scheduler [--json] [--quick]`: the regional scheduler at 5,120 GPUs, a million queued jobs and 10,000
 * customers. Its parts are programs of its own, run one after the other: decisions in memory
 * (regional-scheduler/src/bench/core/main.ts), decisions that are on disk, adding and draining jobs, and folding the
 * record anew (regional-scheduler/src/bench/durable/main.ts), a leader that is killed
 * (regional-scheduler/src/bench/failover/main.ts); then two queues on Postgres add and drain as many jobs.
 *
 * What is on disk when a job is drained is not the same in all three. Ours has an event each for its arrival, its placement,
 * the end of its attempt and its own end, told to nobody before it is on disk, and chooses GPUs of 640 hosts;
 * graphile-worker marks the row of a job as taken and deletes it when it is done; pg-boss sets the row to active, then
 * to completed. All three wait for the disk at each commit, on the same server; connections: ours 13, graphile-worker 30,
 * pg-boss 12. Jobs are added a hundred at a time by four clients. They are taken up to 1,000 at a time by ours, 500 by
 * the others.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { round } from '../measure/statistics.ts';
import { machine } from '../report.ts';
import { graphileWorker, pgBoss } from './peers.ts';
import { runPart } from './run-part.ts';
import { startServer } from './server.ts';

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } },
});
const [jobs, seconds, drain] = values.quick ? [20_000, 2, 1_000] : [1_000_000, 10, 20_000];
const note = (line: string) => values.json || console.error(line);

const percentilesSchema = z.object({ p50: z.number(), p99: z.number() });
const memorySchema = z.looseObject({
  decisionsPerSecond: z.number(),
  decisionMs: percentilesSchema,
  rssMb: z.number(),
});
const durableSchema = z.looseObject({
  ...{ decisionsPerSecond: z.number(), eventsPerSecond: z.number(), processorShare: z.number() },
  ...{ decideMs: percentilesSchema, commitMs: percentilesSchema },
  ...{
    submitPerSecond: z.number(),
    drainPerSecond: z.number(),
    admitPerSecond: z.number(),
    queuedJobs: z.number(),
    tailEvents: z.number(),
  },
  ...{ rebuildSeconds: z.number(), rebuildProcessorSeconds: z.number(), rssMb: z.number() },
});

const failoverSchema = z.object({
  ...{ queued: z.number(), firstDecisionSeconds: z.number(), lapsed: z.number() },
});

const directory = await mkdtemp(join(tmpdir(), 'cellbook-bench-scheduler-'));
const load = [loadavg()[0] ?? 0];
const server = await startServer(directory);
try {
  note('decisions in memory');
  const memoryArgs = values.quick ? ['--json', '--queued', '10000', '--decisions', '5000'] : ['--json'];
  const memory = await runPart('regional-scheduler/src/bench/core/main.ts', memoryArgs, {}, memorySchema);
  note('decisions on disk');
  const sizes = ['--jobs', String(jobs), '--seconds', String(seconds), '--drain', String(drain)];
  const environment = { DATABASE_URL: await server.database('ours') };
  const durableProgram = 'regional-scheduler/src/bench/durable/main.ts';
  const durable = await runPart(durableProgram, sizes, environment, durableSchema);
  const plan = { jobs: drain, clients: 4, batch: 100 };
  note('a leader killed');
  const failoverArgs = ['--jobs', String(values.quick ? 1_000 : 100_000)];
  const failoverProgram = 'regional-scheduler/src/bench/failover/main.ts';
  const killed = { DATABASE_URL: await server.database('failover') };
  const failover = await runPart(failoverProgram, failoverArgs, killed, failoverSchema);
  note('graphile-worker');
  const graphile = await graphileWorker({ ...plan, databaseUrl: await server.database('graphile') });
  note('pg-boss');
  const boss = await pgBoss({ ...plan, databaseUrl: await server.database('boss') });
  load.push(loadavg()[0] ?? 0);
  const result = {
    decisionsPerSecond: { memory: memory.decisionsPerSecond, durable: durable.decisionsPerSecond },
    decisionMs: memory.decisionMs,
    submitPerSecond: durable.submitPerSecond,
    admitPerSecond: durable.admitPerSecond,
    drainPerSecond: durable.drainPerSecond,
    rebuildSeconds: durable.rebuildSeconds,
    rssMb: durable.rssMb,
    failover,
    peer: { graphileWorker: graphile, pgBoss: boss },
    parts: { memory, durable },
    ...{ jobs, drained: drain, quick: values.quick, postgres: server.version },
    ...{ load: load.map((average) => round(average, 1)), machine: machine(), date: new Date().toISOString() },
  };
  console.log(JSON.stringify(result));
} finally {
  await server.stop();
  await rm(directory, { recursive: true, force: true });
}
