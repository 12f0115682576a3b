/**
 * The same jobs as the peers get: added in batches by several clients at once, each batch durable before the next, then
 * taken in, placed, started and ended, all of it written down. The agents are answered as in service, by the leader's own
 * loop, and end what they are given at once.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { HostId } from '@cellbook/shared/ids.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { resultKeyOf } from '@cellbook/shared/protocol/agent-objects-api.ts';
import type { AgentReport, AttemptReport } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { JobSpec } from '../../core/model/job.ts';
import { newState } from '../../core/state.ts';
import { closeDatabase, type Database, openDatabase } from '../../db/database.ts';
import { Leading } from '../../lead/leading.ts';
import { Payloads } from '../../lead/payloads.ts';
import { readPayloadsOf } from '../../lead/read-payloads.ts';
import { createPostgresLeaderStore } from '../../leader/postgres-leader-store.ts';
import { beginTerm, leaderTerms } from '../../leader/term.ts';
import { noArrival } from '../../log/event-log.ts';
import { arrivalSettings, createPostgresArrivals } from '../../log/postgres-arrivals.ts';
import { createPostgresEventLog } from '../../log/postgres-event-log.ts';
import { insertSpecs } from '../../testing/submit-rows.ts';

export interface DrainBed {
  database: Database;
  databaseUrl: string;
  jobs: readonly JobSpec[];
  clients: number;
  batch: number;
  hosts: number;
  clock: Clock;
  random: Random;
  log: Logger;
}

export interface Drained {
  submitPerSecond: number;
  drainPerSecond: number;
}

export async function submitAndDrain(bed: DrainBed): Promise<Drained> {
  const { clock, jobs } = bed;
  const addedMs = await took(clock, () => add(bed));
  const drainedMs = await took(clock, () => drain(bed));
  const perSecond = (ms: number) => Math.round(jobs.length / (ms / 1000));
  return { submitPerSecond: perSecond(addedMs), drainPerSecond: perSecond(drainedMs) };
}

async function add({ database, jobs, clients, batch }: DrainBed): Promise<void> {
  let next = 0;
  const client = async (): Promise<void> => {
    for (let from = next; from < jobs.length; from = next) {
      next += batch;
      await insertSpecs(database.$client, jobs.slice(from, from + batch));
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
}

async function drain({
  database,
  databaseUrl,
  jobs,
  hosts,
  clock,
  random,
  log: logger,
}: DrainBed): Promise<void> {
  const store = createPostgresLeaderStore(database);
  const term = await beginTerm({ store, clock, log: logger, holder: 'bench', url: '', terms: leaderTerms });
  if (!term) throw new Error('another leads');
  const log = createPostgresEventLog(database);
  const settings = { connectionsMax: 1, settings: arrivalSettings };
  const arriving = openDatabase(databaseUrl, settings);
  let ended = 0;
  const loop = new Leading(
    {
      ...{
        log,
        arrivals: createPostgresArrivals(arriving),
        payloads: new Payloads(readPayloadsOf(database)),
      },
      ...{ clock, random, logger, agentLeaseMs: 60_000 },
      committed: (entries) => {
        for (const { event } of entries) if (event.type === 'job_ended') ended++;
        if (ended === jobs.length) term.lose('the benchmark is over');
      },
    },
    term,
    { state: newState(), seq: await log.lastSeq(), watermark: noArrival },
  );
  const agents = Array.from({ length: hosts }, (_, number) => agent(loop, `bench-${number}` as HostId));
  await loop.run();
  await Promise.all(agents);
  await closeDatabase(arriving);
}

/** Reports, and ends whatever it is told to run. */
async function agent(loop: Leading, hostId: HostId): Promise<void> {
  let attempts: AttemptReport[] = [];
  for (let sequence = 1; ; sequence++) {
    const orders = await loop.inbox.ask(reportOf(hostId, sequence, attempts)).catch(() => null);
    if (!orders) return;
    attempts = orders.run.map(({ attemptId, jobId, epoch }) => ({
      ...{ attemptId, jobId, epoch, ranMs: 1, savedMs: 0, checkpointKey: null, progress: null },
      ...{ logTail: '', memoryMibMax: 0 },
      state: {
        phase: 'ended',
        outcome: { kind: 'succeeded', resultKey: resultKeyOf(jobId, attemptId, 'out.mp4'), bytes: 1 },
      },
    }));
  }
}

const reportOf = (hostId: HostId, sequence: number, attempts: AttemptReport[]): AgentReport => ({
  ...{ hostId, rack: 'r', generation: 1, sequence, epoch: 1, draining: false, binaries: [], attempts },
  waitMs: 1_000,
  devices: Array.from({ length: 8 }, (_, index) => ({
    ...{ index, uuid: `SIM-${index}`, sku: 'H100', memoryMib: 81_559, healthy: true, problem: '' },
  })),
});

async function took(clock: Clock, work: () => Promise<void>): Promise<number> {
  const beganMs = clock.monotonicMs();
  await work();
  return clock.monotonicMs() - beganMs;
}
