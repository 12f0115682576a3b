/** What programs do: crash, hang, run longer than they did, fail in a new version. */
import { systemClock } from '@cellbook/shared/clock.ts';
import { waitUntil } from '../../up/wait-until.ts';
import { type GpuWorld, gpuHosts } from './gpu-world.ts';
import { errandHere, keepSubmitting, videoOf } from './keep-submitting.ts';
import type { Proof } from './proof.ts';

/** A model is trained by the first 200 ends. */
const learnedFrom = 220;
const quickSeconds = 0.1;

/** Hands in so many short jobs and waits until so many have ended. */
async function learn({ customers, record }: GpuWorld): Promise<void> {
  const { paid, enterprise } = customers;
  const stop = keepSubmitting([paid, enterprise], () => errandHere(quickSeconds), {
    ...{ pauseMs: 20, eachMax: learnedFrom / 2 },
  });
  const hasEnded = async () => (await record`select 1 from job_ends`).length >= learnedFrom;
  const what = 'the jobs that runtimes are learned from';
  await waitUntil(hasEnded, { clock: systemClock, deadlineMs: 180_000, what, pollMs: 500 }).finally(stop);
}

const runLonger: Proof<GpuWorld> = {
  cause: 'programs take sixty times as long as they did when runtimes were learned',
  alerts: ['GpuPredictionsDrift', 'GpuBoundsPassed'],
  prepare: learn,
  async make({ customers, errand }) {
    // All are handed in before the first of them ends: nobody has learned anything yet.
    errand.slowDown(60);
    const { paid, enterprise } = customers;
    const working = keepSubmitting([paid, enterprise], () => errandHere(quickSeconds), {
      ...{ pauseMs: 10, eachMax: 100 },
    });
    return async () => {
      errand.slowDown(1);
      await working();
    };
  },
};

const newVersionFails: Proof<GpuWorld> = {
  cause: 'hosts get a new version of a program, which fails',
  alerts: ['GpuVersionRolledBack'],
  async make({ customers, errand, restart }) {
    errand.release('2');
    for (const host of gpuHosts) await restart(`gpu-agent-${host}`);
    const { paid, enterprise } = customers;
    return keepSubmitting([paid, enterprise], () => errandHere(0.1), { pauseMs: 20, eachMax: 2_000 });
  },
};

const programsCrash: Proof<GpuWorld> = {
  cause: 'a program crashes, whoever runs it',
  alerts: ['GpuDeadLetters'],
  async make({ customers }) {
    const crashing = videoOf('a storm', { durationSeconds: 1, fault: { kind: 'crash', atFrame: 1 } });
    // On both hosts: what fails on one alone is the host's.
    const jobOf = () => ({ ...crashing, attempts: 2 });
    return keepSubmitting([customers.free, customers.paid], jobOf, { pauseMs: 2_000, eachMax: 20 });
  },
};

const promptsHang: Proof<GpuWorld> = {
  cause: 'prompts with a word that nobody listed hang',
  alerts: ['GpuClassContained'],
  async make({ customers }) {
    const { free, paid } = customers;
    const hanging = videoOf('a fractal', { durationSeconds: 2, fault: { kind: 'hang', atFrame: 1 } });
    const working = [
      // A GPU for half a minute each: more of them would leave no room for those that they are compared with.
      keepSubmitting([free, paid], () => ({ ...hanging, attempts: 1 }), { pauseMs: 10_000, eachMax: 20 }),
      keepSubmitting([free, paid], () => videoOf('a fox', { durationSeconds: 0.5 }), { pauseMs: 3_000 }),
    ];
    return async () => {
      await Promise.all(working.map((stop) => stop()));
    };
  },
};

/** Crashes before the new version: hosts that were started anew are suspected for a while, and one of two is quarantined. */
export const jobProofs: readonly Proof<GpuWorld>[] = [runLonger, programsCrash, newVersionFails, promptsHang];
