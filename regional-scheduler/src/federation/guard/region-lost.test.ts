/**
 * Two regions, each a real scheduler program on its own Postgres, and an edge that keeps their records. The first is
 * killed whole with one job running and others queued; the second takes them up; the first comes back.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JobId, RegionId } from '@cellbook/shared/ids.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, expect, it, onTestFailed, vi } from 'vitest';
import { PostgresSubmissionStore } from '../../admission/postgres/postgres-submission-store.ts';
import { AgentDouble } from '../../testing/agent-double.ts';
import { applicant, askerOf, videoOf } from '../../testing/candidates.ts';
import { startEdgeDouble } from '../../testing/edge-double.ts';
import { eventually } from '../../testing/eventually.ts';
import { readStory } from '../../testing/read-story.ts';
import { openProcessBed, type ProcessBed, type SchedulerProcess } from '../../testing/scheduler-process.ts';
import { createSchedulerTestDatabase, type SchedulerTestDatabase } from '../../testing/test-database.ts';

vi.setConfig({ testTimeout: 240_000 });

const [eu, us] = ['eu', 'us'] as RegionId[] as [RegionId, RegionId];
const secret = 'a secret that both of the regions have';
const directory = mkdtempSync(join(tmpdir(), 'region-lost-'));
const keyFile = join(directory, 'federation-secret');
const random = seededRandom(9);
let edge: Awaited<ReturnType<typeof startEdgeDouble>>;
let databases: Record<'eu' | 'us', SchedulerTestDatabase>;
let beds: Record<'eu' | 'us', ProcessBed>;
let schedulers: Record<'eu' | 'us', SchedulerProcess>;
const agents: AgentDouble[] = [];

const start = (region: 'eu' | 'us', peers: unknown, port = 0) =>
  beds[region].start({
    CELLBOOK_REGION_ID: region,
    CELLBOOK_SCHEDULER_ID: `gpu-${region}`,
    CELLBOOK_PORT: String(port),
    CELLBOOK_FEDERATION_PEERS: JSON.stringify(peers),
    CELLBOOK_FEDERATION_KEY_FILE: keyFile,
    CELLBOOK_EDGE_URL: edge.url,
    // A busy machine is no lost region.
    CELLBOOK_TAKE_OVER: 'operator',
  });

beforeAll(async () => {
  writeFileSync(keyFile, secret);
  edge = await startEdgeDouble(secret);
  const [first, second] = await Promise.all([createSchedulerTestDatabase(), createSchedulerTestDatabase()]);
  databases = { eu: first, us: second };
  beds = { eu: openProcessBed(first.url), us: openProcessBed(second.url) };
  // It looks at the record of the first, and is asked by it; it need not reach it.
  const there = await start('us', [{ region: eu, urls: ['http://127.0.0.1:1'] }]);
  const here = await start('eu', [{ region: us, urls: [there.url] }]);
  schedulers = { eu: here, us: there };
}, 120_000);

afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.stop()));
  await Promise.all(Object.values(beds ?? {}).map((bed) => bed.close()));
  await Promise.all(Object.values(databases ?? {}).map((one) => one.drop()));
  edge?.close();
  rmSync(directory, { recursive: true, force: true });
}, 60_000);

function startAgent(region: 'eu' | 'us', gpus: number): AgentDouble {
  const { regionSecret } = beds[region];
  const urls = () => [schedulers[region].url];
  const agent = new AgentDouble({ name: `${region}-host`, regionSecret, urls, gpus });
  agents.push(agent);
  agent.start();
  return agent;
}

async function submit(prompt: string, regions?: RegionId[]): Promise<JobId> {
  const job = videoOf(prompt, { resources: { skus: ['H100'] }, ...(regions ? { regions } : {}) });
  const one = applicant(askerOf(random), { job, nowMs: Date.now(), random });
  const store = new PostgresSubmissionStore(databases.eu.database, () => []);
  await store.admit([one], { nowMs: Date.now(), durability: 'durable' });
  return one.candidate.spec.jobId;
}

async function copies(): Promise<Record<string, string>> {
  const rows = await databases.us.database.$client<{ jobId: string; state: string }[]>`
    select job_id as "jobId", state from queue_copies`;
  return Object.fromEntries(rows.map(({ jobId, state }) => [jobId, state]));
}

async function takeOver(): Promise<void> {
  const program = fileURLToPath(new URL('./main.ts', import.meta.url));
  const words = ['take-over', '--edge', edge.url, '--key-file', keyFile, '--region', 'eu'];
  const child = spawn(process.execPath, [program, ...words], { stdio: 'inherit' });
  expect(await once(child, 'exit')).toEqual([0, null]);
}

const endsIn = async (region: 'eu' | 'us') => (await readStory(databases[region].database)).ended;

it('a region is killed whole: its queue is run by the other, once; back, it has what ran there and what must stay', async () => {
  onTestFailed(() =>
    console.error(
      Object.values(schedulers)
        .map((one) => one.output())
        .join('\n\n'),
    ),
  );
  const atHome = startAgent('eu', 1);
  atHome.paused = true;
  const running = await submit('it runs when the region is lost');
  await eventually('it runs', async () => atHome.running.includes(running));
  const queued = await Promise.all(['one', 'two', 'three'].map((prompt) => submit(prompt)));
  const kept = await submit('it must stay', [eu]);
  await eventually('the guardian has the queue, and knows what runs', async () => {
    const known = await copies();
    return known[running] === 'released' && queued.every((jobId) => known[jobId] === 'queued');
  });
  expect(await copies()).not.toHaveProperty(kept);

  await schedulers.eu.stop('SIGKILL');
  const there = startAgent('us', 4);
  await takeOver();
  await eventually('its queue has run in the other', async () => {
    const ended = await endsIn('us');
    return queued.every((jobId) => ended.has(jobId));
  });
  expect(await endsIn('us')).not.toContain(running);

  schedulers.eu = await start('eu', [{ region: us, urls: [schedulers.us.url] }]);
  atHome.paused = false;
  await eventually('what ran there, and what must stay, has ended there', async () => {
    const ended = await endsIn('eu');
    return ended.has(running) && ended.has(kept);
  });
  expect([...(await endsIn('eu')).keys()].sort()).toEqual([running, kept].sort());
  expect([...(await endsIn('us')).keys()].sort()).toEqual([...queued].sort());
  // On a busy machine a lease may end, and the same region begins it again; two never begin the same.
  const began = (agent: AgentDouble) => [...new Set(agent.began.map(({ jobId }) => jobId))].sort();
  expect(began(atHome)).toEqual([running, kept].sort());
  expect(began(there)).toEqual([...queued].sort());
  const given = await databases.eu.database.$client<{ body: unknown }[]>`
    select body from events where type = 'job_taken_up' and body ->> 'by' = 'us'`;
  expect(given).toHaveLength(queued.length);

  const next = await submit('as before');
  await eventually('it is guarded again, and goes on', async () => (await endsIn('eu')).has(next));
  expect((await edge.records.ask(eu, null)).record).toMatchObject({ guardian: 'us', claim: { by: 'us' } });
});
