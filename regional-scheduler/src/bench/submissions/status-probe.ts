/** Somebody who asks after a job that was acknowledged, twenty times a second, all the time. */
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import type { HttpConnections } from './http-connections.ts';
import { type Person, question } from './people.ts';
import { type Percentiles, percentilesOf } from './tally.ts';

export interface StatusProbe {
  /** `failed`: no answer from any instance, or another one than the job. */
  end(): Promise<{ askedMs: Percentiles; slowestMs: number; failed: number }>;
}

const everyMs = 50;
const triesMax = 20;

export function probeStatus(bed: {
  clock: Clock;
  instances(): readonly HttpConnections[];
  job(): { jobId: string; person: Person } | null;
}): StatusProbe {
  const { clock } = bed;
  const tookMs: number[] = [];
  let failed = 0;
  let isOver = false;
  const ask = async (jobId: string, person: Person): Promise<boolean> => {
    for (let tries = 0; tries < triesMax; tries++) {
      const instances = bed.instances();
      const instance = instances[tries % Math.max(1, instances.length)];
      const answer = await instance?.ask(question(person, jobId)).catch(() => null);
      if (answer) return answer.status === 200;
      await sleep(clock, everyMs);
    }
    return false;
  };
  const probing = (async () => {
    while (!isOver) {
      const job = bed.job();
      if (job) {
        const beganMs = clock.monotonicMs();
        if (await ask(job.jobId, job.person)) tookMs.push(clock.monotonicMs() - beganMs);
        else failed++;
      }
      await sleep(clock, everyMs);
    }
  })();
  return {
    async end() {
      isOver = true;
      await probing;
      const slowestMs = Number(tookMs.reduce((most, ms) => Math.max(most, ms), 0).toFixed(1));
      return { askedMs: percentilesOf(tookMs), slowestMs, failed };
    },
  };
}
