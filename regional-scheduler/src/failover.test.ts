/** Real scheduler programs on a real Postgres, killed and stopped while jobs wait and run. */
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { AgentDouble } from './testing/agent-double.ts';
import { eventually } from './testing/eventually.ts';
import { readStory, type Story } from './testing/read-story.ts';
import { openProcessBed, type ProcessBed, type SchedulerProcess } from './testing/scheduler-process.ts';
import { submitJobs } from './testing/submit-rows.ts';
import { createSchedulerTestDatabase, type SchedulerTestDatabase } from './testing/test-database.ts';

let store: SchedulerTestDatabase;
let bed: ProcessBed;
let agents: AgentDouble[] = [];
beforeAll(async () => {
  store = await createSchedulerTestDatabase();
});
beforeEach(() => {
  bed = openProcessBed(store.url);
});
afterEach(async () => {
  await Promise.all(agents.map((agent) => agent.stop()));
  agents = [];
  await bed.close();
  await store.database.$client`truncate submissions, events, outcomes, leader, snapshots, snapshot_parts`;
});
afterAll(() => store.drop());

function startAgents(count: number, urls: () => readonly string[]): void {
  agents = Array.from(
    { length: count },
    (_, index) => new AgentDouble({ name: `host-${index}`, regionSecret: bed.regionSecret, urls }),
  );
  for (const agent of agents) agent.start();
}

const story = (): Promise<Story> => readStory(store.database);

async function leaderOf(schedulers: readonly SchedulerProcess[]): Promise<SchedulerProcess> {
  const [row] = await store.database.$client<{ url: string }[]>`select url from leader`;
  const leader = schedulers.find(({ url }) => url === row?.url);
  if (!leader) throw new Error('nobody leads');
  return leader;
}

function expectEachOnce({ placed, ended, outcomes }: Story, jobs: number): void {
  expect(ended.size).toBe(jobs);
  expect([...placed.values()].filter((count) => count !== 1)).toEqual([]);
  expect(outcomes).toBe(jobs);
  const began = agents.flatMap((agent) => agent.began);
  expect(new Set(began.map(({ jobId }) => jobId)).size).toBe(began.length);
  expect(began.length).toBe(jobs);
  for (const { jobId, prompt } of began) expect(prompt).toBe(`prompt of ${jobId}`);
  expect(agents.flatMap(({ lapsed }) => lapsed)).toEqual([]);
}

test('kill -9 of the leader with jobs waiting and running: the other leads, what runs goes on, each job runs once', async () => {
  const schedulers = await Promise.all([bed.start(), bed.start()]);
  await eventually('somebody leads', async () => (await story()).epochs.length === 1);
  startAgents(3, () => schedulers.map(({ url }) => url));
  await submitJobs(store.database, seededRandom(1), 60);
  await eventually('some have ended', async () => (await story()).ended.size > 10);
  const runBefore = agents.flatMap(({ running }) => running);
  const leader = await leaderOf(schedulers);
  await leader.stop('SIGKILL');
  await submitJobs(store.database, seededRandom(2), 20);
  await eventually('all have ended', async () => (await story()).ended.size === 80);
  const told = await story();
  expect(runBefore.length).toBeGreaterThan(0);
  expect(told.epochs).toEqual([1, 2]);
  expectEachOnce(told, 80);
});

test('a leader that stood still past its time says nothing more, and follows', async () => {
  const schedulers = await Promise.all([bed.start(), bed.start()]);
  await eventually('somebody leads', async () => (await story()).epochs.length === 1);
  const first = await leaderOf(schedulers);
  const other = schedulers.find((one) => one !== first);
  startAgents(2, () => [other?.url ?? '', first.url]);
  await submitJobs(store.database, seededRandom(3), 30);
  await eventually('some have ended', async () => (await story()).ended.size > 4);
  first.kill('SIGSTOP');
  await eventually('the other leads', async () => (await story()).epochs.includes(2));
  const seqOfSecond = (await story()).epochBegan.get(2) ?? 0;
  first.kill('SIGCONT');
  await submitJobs(store.database, seededRandom(4), 10);
  await eventually('all have ended', async () => (await story()).ended.size === 40);
  const told = await story();
  expect(told.lastSeqOf.get(1)).toBeLessThan(seqOfSecond);
  expectEachOnce(told, 40);
  await eventually('the first follows', async () => {
    const said: unknown = await (await fetch(`${first.url}/healthz`)).json();
    const epoch = Math.max(...(await story()).epochs);
    return JSON.stringify(said).includes(`"leads":false,"epoch":${epoch}`);
  });
});

test('a leader that is asked to stop gives the lead back, and the next begins where it ended', async () => {
  const first = await bed.start();
  startAgents(1, () => [first.url]);
  await submitJobs(store.database, seededRandom(5), 8);
  await eventually('all have ended', async () => (await story()).ended.size === 8);
  await first.stop('SIGTERM');
  const [row] = await store.database.$client`select from leader where expires_at <= clock_timestamp()`;
  expect(row).toBeDefined();
  const second = await bed.start();
  await eventually('it leads', async () => (await story()).epochs.length === 2);
  const answer = await agents[0]?.report(second.url);
  expect(answer).toMatchObject({ leaderless: false, epoch: 2, run: [] });
});

test('who does not lead sends agents on; an agent without its own host’s key is refused', async () => {
  const schedulers = await Promise.all([bed.start(), bed.start()]);
  await eventually('somebody leads', async () => (await story()).epochs.length === 1);
  const leader = await leaderOf(schedulers);
  const follower = schedulers.find((one) => one !== leader)?.url ?? '';
  const post = (key: string) =>
    fetch(`${follower}/agent/v1/report`, {
      ...{ method: 'POST', redirect: 'manual', body: reportOf('host-9') },
      headers: { 'content-type': 'application/json', 'cellbook-agent-key': key },
    });
  const { agentKeyOf } = await import('@cellbook/shared/gpu/agent-key.ts');
  const { hostIdSchema } = await import('@cellbook/shared/ids.ts');
  const sent = await post(agentKeyOf(bed.regionSecret, hostIdSchema.parse('host-9')));
  expect([sent.status, sent.headers.get('location')]).toEqual([307, `${leader.url}/agent/v1/report`]);
  expect((await post(agentKeyOf(bed.regionSecret, hostIdSchema.parse('host-8')))).status).toBe(401);
});

const reportOf = (hostId: string) =>
  JSON.stringify({
    ...{ hostId, rack: 'r', generation: 0, sequence: 0, epoch: 0, devices: [], draining: false },
    ...{ binaries: [], attempts: [], waitMs: 0 },
  });
