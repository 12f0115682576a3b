/**
 * The same jobs in graphile-worker and pg-boss: added in batches by as many clients at once, then drained by handlers
 * that do nothing, with the batch settings that each recommends for throughput.
 */
import { once } from 'node:events';
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import { PgBoss } from 'pg-boss';

export interface PeerPlan {
  databaseUrl: string;
  jobs: number;
  clients: number;
  batch: number;
}

export interface PeerResult {
  submitPerSecond: number;
  drainPerSecond: number;
}

/** About what a job of ours carries: its prompt and its shape. */
const payload = (number: number) => ({
  ...{
    number,
    kind: 'video',
    tier: 'paid',
    gpus: 1,
    prompt: 'a fox in the snow at dawn, slow pan to the left',
  },
});

export async function graphileWorker(plan: PeerPlan): Promise<PeerResult> {
  const { databaseUrl: connectionString, jobs } = plan;
  const utils = await makeWorkerUtils({ connectionString });
  await utils.migrate();
  const submitPerSecond = await perSecond(jobs, () =>
    inBatches(plan, (numbers) =>
      utils.addJobs(numbers.map((number) => ({ identifier: 'video', payload: payload(number) }))),
    ),
  );
  await utils.release();
  const done = counter(jobs);
  const drainPerSecond = await perSecond(jobs, async () => {
    const worker = { connectionString, concurrentJobs: 24, maxPoolSize: 30 };
    const batching = { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 };
    const runner = await run({
      // A line for each job would be measured with it.
      preset: { worker: { ...worker, ...batching, logger: new Logger(() => () => {}) } },
      taskList: { video: async () => done.one() },
    });
    await done.all;
    await runner.stop();
  });
  return { submitPerSecond, drainPerSecond };
}

export async function pgBoss(plan: PeerPlan): Promise<PeerResult> {
  const { databaseUrl: connectionString, jobs } = plan;
  const boss = new PgBoss({ connectionString, max: 12, supervise: false, schedule: false });
  boss.on('error', (error) => console.error(error));
  await boss.start();
  await boss.createQueue('video');
  const submitPerSecond = await perSecond(jobs, () =>
    inBatches(plan, (numbers) =>
      boss.insert(
        'video',
        numbers.map((number) => ({ data: payload(number) })),
      ),
    ),
  );
  const done = counter(jobs);
  const drainPerSecond = await perSecond(jobs, async () => {
    const options = { batchSize: 500, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 };
    await Promise.all(
      Array.from({ length: 4 }, () =>
        boss.work('video', options, async (taken) => {
          for (const _ of taken) done.one();
        }),
      ),
    );
    await done.all;
    await boss.stop({ graceful: true });
  });
  return { submitPerSecond, drainPerSecond };
}

async function inBatches(
  { jobs, clients, batch }: PeerPlan,
  add: (numbers: number[]) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const client = async (): Promise<void> => {
    for (let from = next; from < jobs; from = next) {
      next += batch;
      await add(Array.from({ length: Math.min(batch, jobs - from) }, (_, index) => from + index));
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
}

function counter(jobs: number): { one(): void; all: Promise<unknown> } {
  const finished = new EventTarget();
  const all = once(finished, 'all');
  let seen = 0;
  return {
    all,
    one() {
      if (++seen === jobs) finished.dispatchEvent(new Event('all'));
    },
  };
}

async function perSecond(jobs: number, work: () => Promise<unknown>): Promise<number> {
  const beganMs = performance.now();
  await work();
  return Math.round(jobs / ((performance.now() - beganMs) / 1000));
}
