/**
 * How long a region decides nothing when its leader is killed: two real instances on the Postgres that DATABASE_URL
 * names (an empty database), jobs waiting, hosts reporting; from `kill -9` to the first job placed by the next leader.
 *
 *     node regional-scheduler/src/bench/failover/main.ts [--jobs 100000]
 *
 * Its last line is one JSON object.
 */
import { parseArgs } from 'node:util';
import { systemClock as clock } from '@cellbook/shared/clock.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { z } from 'zod';
import { closeDatabase, openDatabase } from '../../db/database.ts';
import { AgentDouble } from '../../testing/agent-double.ts';
import { eventually } from '../../testing/eventually.ts';
import { openProcessBed } from '../../testing/scheduler-process.ts';
import { insertSpecs } from '../../testing/submit-rows.ts';
import { drawJobs } from '../durable/fleet-of-jobs.ts';

const { values } = parseArgs({ options: { jobs: { type: 'string', default: '100000' } } });
const jobs = z.coerce.number().int().positive().parse(values.jobs);
const databaseUrl = z.url().parse(process.env.DATABASE_URL);
const bed = openProcessBed(databaseUrl);
const schedulers = await Promise.all([bed.start(), bed.start()]);
const database = openDatabase(databaseUrl, { applicationName: 'bench', connectionsMax: 3 });
const { $client: sql } = database;

let batch = [];
for (const job of drawJobs(jobs, 10_000, clock.nowMs(), seededRandom(1))) {
  batch.push(job);
  if (batch.length === 1_000) await insertSpecs(sql, batch);
  if (batch.length === 1_000) batch = [];
}
await insertSpecs(sql, batch);
const countOf = async (type: string, epoch: number): Promise<number> => {
  const [row] = await sql<{ count: string }[]>`
    select count(*)::text as count from events where type = ${type} and epoch >= ${epoch}`;
  return Number(row?.count ?? 0);
};
await eventually('all are taken in', async () => (await countOf('job_submitted', 0)) === jobs, 600_000);
const urls = () => schedulers.map(({ url }) => url);
const agents = Array.from(
  { length: 8 },
  (_, number) => new AgentDouble({ name: `host-${number}`, regionSecret: bed.regionSecret, urls, gpus: 8 }),
);
for (const agent of agents) agent.start();
await eventually('jobs are placed', async () => (await countOf('job_placed', 0)) > 64, 60_000);

const [row] = await sql<{ url: string; epoch: string }[]>`select url, epoch::text from leader`;
const leader = schedulers.find(({ url }) => url === row?.url);
const killedMs = clock.monotonicMs();
leader?.kill('SIGKILL');
const next = Number(row?.epoch ?? 0) + 1;
await eventually('the next leader decides', async () => (await countOf('job_placed', next)) > 0, 120_000);
const seconds = Number(((clock.monotonicMs() - killedMs) / 1000).toFixed(2));
await Promise.all(agents.map((agent) => agent.stop()));
await closeDatabase(database);
await bed.close();
const lapsed = agents.flatMap((agent) => agent.lapsed).length;
console.log(JSON.stringify({ queued: jobs, firstDecisionSeconds: seconds, lapsed }));
