/**
 * Two real scheduler programs on a real Postgres and a real Redis, with jobs waiting and running the whole time: a leader
 * that stands still past its time, Redis and Postgres killed with -9, a leader that is killed, one that resigns. The tests
 * go on from one another, so that the programs are started once.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FailingStores, startFailingStores } from '@cellbook/ops/test/failing-stores.ts';
import { agentKeyOf } from '@cellbook/shared/gpu/agent-key.ts';
import { hostIdSchema } from '@cellbook/shared/ids.ts';
import { jobSchema } from '@cellbook/shared/protocol/job.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { closeDatabase, type Database, openDatabase } from './db/database.ts';
import { AgentDouble } from './testing/agent-double.ts';
import { eventually } from './testing/eventually.ts';
import { readStory, type Story } from './testing/read-story.ts';
import { openProcessBed, type ProcessBed, type SchedulerProcess } from './testing/scheduler-process.ts';
import { submitJobs } from './testing/submit-rows.ts';

const directory = mkdtempSync(join(tmpdir(), 'failover-'));
const random = seededRandom(1);
let stores: FailingStores;
let database: Database;
let bed: ProcessBed;
let schedulers: SchedulerProcess[] = [];
let agents: AgentDouble[] = [];
let submitted = 0;

// Each waits for programs on a machine that may be busy with all the tests.
vi.setConfig({ testTimeout: 120_000 });

beforeAll(async () => {
  stores = await startFailingStores(directory);
  bed = openProcessBed(stores.postgres.url);
  const redis = { REDIS_URL: stores.redis.url };
  schedulers = await Promise.all([bed.start(redis), bed.start(redis)]);
  database = openDatabase(stores.postgres.url, { applicationName: 'failover-test', connectionsMax: 3 });
  const urls = () => schedulers.map(({ url }) => url);
  agents = [0, 1, 2].map(
    (number) => new AgentDouble({ name: `host-${number}`, regionSecret: bed.regionSecret, urls }),
  );
  for (const agent of agents) agent.start();
}, 120_000);

afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.stop()));
  await bed?.close();
  if (database) await closeDatabase(database);
  await stores?.stop();
  rmSync(directory, { recursive: true, force: true });
}, 60_000);

/** Null while the database is away. */
const story = (): Promise<Story | null> => readStory(database).catch(() => null);

async function submit(count: number): Promise<void> {
  await submitJobs(database, random, count);
  submitted += count;
}

/** Over HTTP, by its id. */
const handedIn = new Map<string, string>();

async function handIn(scheduler: SchedulerProcess, prompt: string): Promise<string> {
  const answer = await bed.ask(scheduler, '/v1/jobs', { task: { kind: 'video', prompt } });
  expect(answer.status).toBe(202);
  const { id } = jobSchema.parse(await answer.json());
  handedIn.set(id, prompt);
  submitted++;
  return id;
}

async function whoLeads(): Promise<{ leader: SchedulerProcess; other: SchedulerProcess }> {
  const [row] = await database.$client<{ url: string }[]>`select url from leader`;
  const leader = schedulers.find(({ url }) => url === row?.url);
  const other = schedulers.find((one) => one !== leader);
  if (!leader || !other) throw new Error('nobody leads');
  return { leader, other };
}

const leads = async ({ url }: SchedulerProcess): Promise<boolean> =>
  (await (await fetch(`${url}/healthz`)).text()).includes('"leads":true');

const ended = async (): Promise<number> => (await story())?.ended.size ?? 0;

/** Twelve GPUs, and more jobs than that: some run and some wait. */
async function busy(): Promise<number> {
  const before = await ended();
  await submit(40);
  await eventually('some more have ended', async () => (await ended()) > before + 4);
  return Math.max(...((await story())?.epochs ?? []));
}

async function expectEachOnce(): Promise<Story> {
  await eventually('all have ended', async () => (await ended()) === submitted);
  const told = await readStory(database);
  expect([...new Set(told.ended.values())]).toEqual(['succeeded']);
  expect([...told.placed.values()].filter((count) => count !== 1)).toEqual([]);
  const began = agents.flatMap((agent) => agent.began);
  expect(new Set(began.map(({ jobId }) => jobId)).size).toBe(began.length);
  expect(began.length).toBe(submitted);
  for (const { jobId, prompt } of began) expect(prompt).toBe(handedIn.get(jobId) ?? `prompt of ${jobId}`);
  expect(agents.flatMap(({ lapsed }) => lapsed)).toEqual([]);
  return told;
}

test('who does not lead sends agents on; an agent without its own host’s key is refused', async () => {
  await busy();
  const { leader, other } = await whoLeads();
  const [told, stranger] = ['host-9', 'host-8'].map((name) => hostIdSchema.parse(name)) as [never, never];
  const post = (key: string) =>
    fetch(`${other.url}/agent/v1/report`, {
      ...{ method: 'POST', redirect: 'manual', body: reportOf(told) },
      headers: {
        'content-type': 'application/json',
        'cellbook-agent-host': told,
        'cellbook-agent-key': key,
      },
    });
  const sent = await post(agentKeyOf(bed.regionSecret, told));
  expect([sent.status, sent.headers.get('location')]).toEqual([307, `${leader.url}/agent/v1/report`]);
  expect((await post(agentKeyOf(bed.regionSecret, stranger))).status).toBe(401);
});

test('a leader that stood still past its time says nothing more, and follows', async () => {
  const epoch = await busy();
  const { leader, other } = await whoLeads();
  leader.kill('SIGSTOP');
  await eventually('the other leads', async () => (await whoLeads()).leader === other);
  leader.kill('SIGCONT');
  const told = await expectEachOnce();
  const next = told.epochs.find((one) => one > epoch) ?? 0;
  expect(told.lastSeqOf.get(epoch)).toBeLessThan(told.epochBegan.get(next) ?? 0);
});

test('kill -9 of Redis: jobs go on being taken in and run, each once', async () => {
  await busy();
  await stores.redis.kill();
  const [first] = schedulers;
  for (const prompt of ['a fox', 'a river', 'a city']) await handIn(first as SchedulerProcess, prompt);
  await expectEachOnce();
  await stores.redis.start();
});

test('kill -9 of Postgres in the middle: who asks is told, what was acknowledged is there, nothing is lost or done twice', async () => {
  await busy();
  const [first] = schedulers as [SchedulerProcess];
  const id = await handIn(first, 'a storm');
  await stores.postgres.kill();
  await eventually('nobody leads', async () => !(await Promise.all(schedulers.map(leads))).includes(true));
  const asked = [
    await bed.ask(first, `/v1/jobs/${id}`),
    await bed.ask(first, '/v1/jobs', { task: { kind: 'video', prompt: 'a calm' } }),
  ];
  for (const answer of asked) {
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await answer.json()).toMatchObject({ code: 'store_unavailable' });
  }
  await stores.postgres.start();
  expect((await expectEachOnce()).ended.get(id)).toBe('succeeded');
});

test('kill -9 of the leader: the other leads, what runs goes on, each job runs once', async () => {
  const epoch = await busy();
  const { leader, other } = await whoLeads();
  const running = agents.flatMap((agent) => agent.running);
  await leader.stop('SIGKILL');
  schedulers = [other];
  expect(running.length).toBeGreaterThan(0);
  const told = await expectEachOnce();
  expect(Math.max(...told.epochs)).toBeGreaterThan(epoch);
});

test('a leader that is asked to stop gives the lead back', async () => {
  await schedulers[0]?.stop('SIGTERM');
  const rows = await database.$client`select from leader where expires_at <= clock_timestamp()`;
  expect(rows).toHaveLength(1);
});

const reportOf = (hostId: string) =>
  JSON.stringify({
    ...{ hostId, rack: 'r', generation: 0, sequence: 0, epoch: 0, devices: [], draining: false },
    ...{ binaries: [], attempts: [], waitMs: 0 },
  });
