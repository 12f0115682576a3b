/** What goes wrong in a GPU region: its record, its scheduler, its hosts, its store, the programs that jobs run. */
import { writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep, systemClock } from '@cellbook/shared/clock.ts';
import { regionIdSchema } from '@cellbook/shared/ids.ts';
import { keepDoing, type Proof } from './proof.ts';
import { watchOnly } from './watch-only.ts';
import { regionId, targetsIn, type World } from './world.ts';

const gpuHost = `gpu-${regionId}-a`;
const shown = { width: 64, height: 64, fps: 10, steps: 2 };
const video = (prompt: string, parameters: object) => ({
  task: { kind: 'video', prompt, parameters: { ...shown, ...parameters } },
});
const quick = video('a fox', { durationSeconds: 0.5 });
/** Minutes, at hardly any processor. */
const slow = video('a river', { durationSeconds: 60, frameMs: 2_000 });

/** Nothing of it runs: of what is about handing in alone. */
const later = () => ({ ...quick, notBefore: new Date(systemClock.nowMs() + 3_600_000).toISOString() });

/** Jobs again and again, and all that were taken are cancelled in the end, by whom they are. */
function keepSubmitting({ workers }: World, job: object, pauseMs: number, eachMax = 400) {
  const stops = workers.map((worker) => {
    const ids: string[] = [];
    const stop = keepDoing(async () => {
      const id = ids.length < eachMax ? await worker.submit(job) : null;
      if (id !== null) ids.push(id);
    }, pauseMs);
    return async () => {
      await stop();
      for (const id of ids) await worker.ask('POST', `/v1/jobs/${id}/cancel`);
    };
  });
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}

const agentsUnwatched: Proof = {
  cause: 'Prometheus is told of a scheduler, and of no GPU host',
  alerts: ['GpuAgentsUnwatched'],
  make: (world) =>
    watchOnly(
      world,
      targetsIn(world.platform).filter(({ job }) => job !== 'cellbook-gpu-agent'),
    ),
};

const leaderLocked: Proof = {
  cause: 'nobody can write who leads: the row is locked',
  alerts: ['GpuLeaderless'],
  async make({ record }) {
    const ending = new AbortController();
    const locked = record.begin(async (sql) => {
      await sql`lock table leader in access exclusive mode`;
      await sleep(systemClock, 600_000, ending.signal).catch(() => undefined);
    });
    return async () => {
      ending.abort();
      await locked;
    };
  },
};

const logLocked: Proof = {
  cause: 'something holds the table of the log for 0.6 s, again and again, while jobs come',
  alerts: ['GpuLogSlow'],
  async make(world) {
    const locking = keepDoing(
      () =>
        world.record.begin(async (sql) => {
          await sql`lock table events in access exclusive mode`;
          await sleep(systemClock, 600);
        }),
      100,
    );
    const working = keepSubmitting(world, later(), 500);
    return async () => {
      await locking();
      await working();
    };
  },
};

const agentStopped: Proof = {
  cause: 'the agent of a GPU host is stopped while it runs jobs',
  alerts: ['GpuAgentDown', 'GpuHostsSilent', 'GpuLeasesExpire'],
  async make(world) {
    const working = keepSubmitting(world, slow, 500, 4);
    await sleep(systemClock, 15_000);
    const goOn = world.freeze(`gpu-agent-${gpuHost}`);
    return async () => {
      goOn();
      await working();
    };
  },
};

const schedulerStopped: Proof = {
  cause: 'the only scheduler of a region is stopped',
  alerts: ['ProgramDown', 'GpuAgentUnanswered'],
  async make({ freeze }) {
    const goOn = freeze(`scheduler-gpu-${regionId}`);
    return async () => goOn();
  },
};

const deviceIll: Proof = {
  cause: 'a GPU falls ill',
  alerts: ['GpuDevicesIll'],
  async make({ platform }) {
    const path = join(platform.home.gpu(regionIdSchema.parse(regionId)).hosts, gpuHost, 'ill-devices.json');
    writeFileSync(path, JSON.stringify({ 3: 'Xid 79: it has fallen off the bus' }));
    return () => rm(path);
  },
};

const programsCrash: Proof = {
  cause: 'a program crashes, whoever runs it',
  alerts: ['GpuDeadLetters'],
  async make(world) {
    const crashing = video('a storm', { durationSeconds: 1, fault: { kind: 'crash', atFrame: 1 } });
    return keepSubmitting(world, { ...crashing, attempts: 1 }, 2_000, 20);
  },
};

const promptsHang: Proof = {
  cause: 'prompts with a word that nobody listed hang',
  alerts: ['GpuClassContained'],
  async make(world) {
    const hanging = video('a fractal', { durationSeconds: 2, fault: { kind: 'hang', atFrame: 1 } });
    const working = [
      // A GPU for half a minute each: more of them would leave no room for those that they are compared with.
      keepSubmitting(world, { ...hanging, attempts: 1 }, 10_000, 20),
      keepSubmitting(world, quick, 3_000),
    ];
    return async () => {
      await Promise.all(working.map((stop) => stop()));
    };
  },
};

const storeOfResultsAway: Proof = {
  cause: 'the object store refuses connections while jobs end',
  alerts: ['GpuUploadsFail'],
  async make(world) {
    const working = keepSubmitting(world, quick, 1_000, 6);
    await world.objects.shut();
    return async () => {
      await world.objects.open();
      await working();
    };
  },
};

const redisStopped: Proof = {
  cause: 'Redis is stopped while jobs are handed in',
  alerts: ['GpuRatesDegraded'],
  async make(world) {
    const goOn = world.freeze(`redis-${regionId}-1`);
    const working = keepSubmitting(world, later(), 500);
    return async () => {
      goOn();
      await working();
    };
  },
};

const tooMany: Proof = {
  cause: 'more long jobs come than there are GPUs',
  alerts: ['GpuQueueStuck'],
  make: async (world) => keepSubmitting(world, slow, 300, 20),
};

const lateStarts: Proof = {
  cause: 'short jobs come faster than GPUs become free',
  alerts: ['GpuFreeLateBurnsFast'],
  make: async (world) =>
    keepSubmitting(world, video('a brook', { durationSeconds: 1, frameMs: 800 }), 500, 60),
};

export const proofsOfGpu: readonly Proof[] = [
  ...[agentsUnwatched, deviceIll, programsCrash, logLocked, redisStopped, storeOfResultsAway],
  ...[leaderLocked, promptsHang, lateStarts, tooMany, agentStopped, schedulerStopped],
];
