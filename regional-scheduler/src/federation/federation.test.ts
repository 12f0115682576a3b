/** Two regions, each a real scheduler program on its own Postgres, and one job that only the second can run. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import type { JobId, RegionId } from '@cellbook/shared/ids.ts';
import { federationHeader } from '@cellbook/shared/protocol/federation-api.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, describe, expect, it, onTestFailed, vi } from 'vitest';
import { PostgresSubmissionStore } from '../admission/postgres/postgres-submission-store.ts';
import { AgentDouble } from '../testing/agent-double.ts';
import { applicant, askerOf, videoOf } from '../testing/candidates.ts';
import { eventually } from '../testing/eventually.ts';
import { readStory } from '../testing/read-story.ts';
import { openProcessBed, type ProcessBed, type SchedulerProcess } from '../testing/scheduler-process.ts';
import { createSchedulerTestDatabase, type SchedulerTestDatabase } from '../testing/test-database.ts';
import { signCall } from './token.ts';

vi.setConfig({ testTimeout: 240_000 });

const [eu, us] = ['eu', 'us'] as RegionId[] as [RegionId, RegionId];
const secret = 'a secret that both of the regions have';
const directory = mkdtempSync(join(tmpdir(), 'federation-'));
const random = seededRandom(7);
let databases: Record<'eu' | 'us', SchedulerTestDatabase>;
let beds: ProcessBed[] = [];
let schedulers: Record<'eu' | 'us', SchedulerProcess>;
let agent: AgentDouble;

beforeAll(async () => {
  const keyFile = join(directory, 'federation-secret');
  writeFileSync(keyFile, secret);
  const [first, second] = await Promise.all([createSchedulerTestDatabase(), createSchedulerTestDatabase()]);
  databases = { eu: first, us: second };
  beds = [openProcessBed(first.url), openProcessBed(second.url)];
  const start = (bed: ProcessBed, region: RegionId, peers: unknown) =>
    bed.start({
      CELLBOOK_REGION_ID: region,
      CELLBOOK_SCHEDULER_ID: `gpu-${region}`,
      CELLBOOK_FEDERATION_PEERS: JSON.stringify(peers),
      CELLBOOK_FEDERATION_KEY_FILE: keyFile,
    });
  const there = await start(beds[1]!, us, []);
  const here = await start(beds[0]!, eu, [{ region: us, urls: [there.url] }]);
  schedulers = { eu: here, us: there };
  const regionSecret = beds[1]!.regionSecret;
  agent = new AgentDouble({ name: 'us-host', regionSecret, urls: () => [there.url] });
  agent.start();
}, 120_000);

afterAll(async () => {
  await agent?.stop();
  await Promise.all(beds.map((bed) => bed.close()));
  await Promise.all(Object.values(databases ?? {}).map((one) => one.drop()));
  rmSync(directory, { recursive: true, force: true });
}, 60_000);

async function submit(regions?: RegionId[]): Promise<JobId> {
  const job = videoOf('a heron over the marsh', {
    resources: { skus: ['H100'] },
    ...(regions ? { regions } : {}),
  });
  const one = applicant(askerOf(random), { job, nowMs: Date.now(), random });
  await new PostgresSubmissionStore(databases.eu.database, () => []).admit([one], {
    nowMs: Date.now(),
    durability: 'durable',
  });
  return one.candidate.spec.jobId;
}

const eventsOf = async (region: 'eu' | 'us', jobId: JobId): Promise<string[]> => {
  const rows = await databases[region].database.$client<{ type: string }[]>`
    select body ->> 'type' as type from events where body ->> 'jobId' = ${jobId} or body -> 'job' ->> 'jobId' = ${jobId}
    order by seq`;
  return rows.map((row) => row.type);
};

async function call(method: 'PUT' | 'DELETE', path: string, body: unknown, signedWith = secret) {
  const text = body === undefined ? '' : JSON.stringify(body);
  const token = await signCall(signedWith, { from: eu, to: us, method, path, body: text }, systemClock);
  return fetch(`${schedulers.us.url}${path}`, {
    method,
    headers: { [federationHeader]: token, ...(text === '' ? {} : { 'content-type': 'application/json' }) },
    ...(text === '' ? {} : { body: text }),
  });
}

describe('a job that its own region can never run', () => {
  it('goes to one that can, runs there once, and is told of in both; one that must stay does', async () => {
    const kept = await submit([eu]);
    const jobId = await submit([eu, us]);
    await eventually('it has ended there', async () =>
      (await readStory(databases.us.database)).ended.has(jobId),
    );
    expect(agent.began.filter((one) => one.jobId === jobId)).toMatchObject([
      { prompt: 'a heron over the marsh' },
    ]);
    await eventually('it is settled here', async () =>
      (await eventsOf('eu', jobId)).includes('spill_settled'),
    );
    expect(await eventsOf('eu', jobId)).toEqual(['job_submitted', 'spill_offered', 'spill_settled']);
    expect((await eventsOf('us', jobId))[0]).toBe('job_submitted');
    expect(await eventsOf('eu', kept)).toEqual(['job_submitted']);
  });

  it('is taken once however often it is offered, and not at all once it was withdrawn', async () => {
    const one = applicant(askerOf(random), { job: videoOf('x', { resources: { skus: ['H100'] } }), random });
    const { spec, request } = one.candidate;
    const offer = { offeredMs: Date.now(), spec, request };
    const path = `/federation/v1/handoffs/${spec.jobId}/1`;
    const answers = await Promise.all(
      [1, 2, 3].map(() => call('PUT', path, offer).then((said) => said.json())),
    );
    expect(answers).toEqual(answers.map(() => ({ taken: true, because: 'taken' })));
    expect(await (await call('DELETE', path, undefined)).json()).toMatchObject({ taken: true });
    await eventually('it has ended', async () =>
      (await readStory(databases.us.database)).ended.has(spec.jobId),
    );
    expect(agent.began.filter((begun) => begun.jobId === spec.jobId)).toHaveLength(1);

    const late = `/federation/v1/handoffs/${spec.jobId}/2`;
    expect(await (await call('DELETE', late, undefined)).json()).toMatchObject({ taken: false });
    expect(await (await call('PUT', late, offer)).json()).toMatchObject({ taken: false });
  });

  it('is heard of only from who has the secret, for this request and no other', async () => {
    const path = `/federation/v1/handoffs/${'job-'.padEnd(24, '0')}/1`;
    expect((await call('DELETE', path, undefined, 'another secret, as long as the other')).status).toBe(401);
    const token = await signCall(secret, { from: eu, to: us, method: 'DELETE', path, body: '' }, systemClock);
    const other = `${schedulers.us.url}${path.replace('/1', '/2')}`;
    expect((await fetch(other, { method: 'DELETE', headers: { [federationHeader]: token } })).status).toBe(
      401,
    );
  });
});

/** Offered while the other stands still. What was last heard of it may be too old to offer it anything: then again. */
async function offerToNobody(): Promise<JobId> {
  for (let tries = 1; ; tries++) {
    schedulers.us.kill('SIGSTOP');
    const jobId = await submit();
    const isOffered = async () => (await eventsOf('eu', jobId)).includes('spill_offered');
    const offered = await eventually('it is offered', isOffered, 20_000).then(
      () => true,
      () => false,
    );
    if (offered || tries === 4) return jobId;
    schedulers.us.kill('SIGCONT');
    await eventually('it was offered later', isOffered);
  }
}

describe('a region that is cut off', () => {
  it('keeps what it has offered for itself until it is answered; the other’s return settles it, and it runs once', async () => {
    onTestFailed(() => console.error([schedulers.eu, schedulers.us].map((one) => one.output()).join('\n\n')));
    const jobId = await offerToNobody();
    // The leader of the first is killed in the middle: who comes after it finds the offer in the log.
    await schedulers.eu.stop('SIGKILL');
    schedulers.us.kill('SIGCONT');
    schedulers.eu = await beds[0]!.start({
      CELLBOOK_FEDERATION_PEERS: JSON.stringify([{ region: us, urls: [schedulers.us.url] }]),
      CELLBOOK_FEDERATION_KEY_FILE: join(directory, 'federation-secret'),
    });
    await eventually(
      'it is the other’s, and ran',
      async () => (await readStory(databases.us.database)).ended.has(jobId),
      100_000,
    );
    await eventually('it is settled', async () => (await eventsOf('eu', jobId)).at(-1) === 'spill_settled');
    expect(agent.began.filter((begun) => begun.jobId === jobId)).toHaveLength(1);
  });
});
