/** Served jobs with a trouble put in on purpose, to see whether it is found: by `--seeded`, and in tests. */
import { type Random, seededRandom } from '@cellbook/shared/random.ts';
import { chooseChain } from '../../predict/choose-chain.ts';
import type { ServedJob } from '../../predict/diagnose.ts';
import { RuntimeModel } from '../../predict/runtime-model.ts';
import { chainValues, type Values } from '../../predict/subject.ts';

export const troubles = ['none', 'skew', 'delay', 'drift'] as const;
export type Trouble = (typeof troubles)[number];

const [trainedJobs, onlineJobs] = [1_500, 1_500];
const everyMs = 10_000;
/** Every holder's jobs take half as long again for a while, then not: a model that hears of it soon follows. */
const regimeJobs = 250;

export function seedTrouble(trouble: Trouble, seed: number): { trained: ServedJob[]; online: ServedJob[] } {
  const random = seededRandom(seed);
  const jobs = Array.from({ length: trainedJobs + onlineJobs }, (_, at) => makeJob(random, at, trouble));
  const trained = jobs.slice(0, trainedJobs);
  serve(jobs, chooseChain(trained));
  return { trained, online: jobs.slice(trainedJobs) };
}

function makeJob(random: Random, at: number, trouble: Trouble): ServedJob {
  const isOnline = at >= trainedJobs;
  const [steps, width] = [[20, 30, 50][random.int(3)]!, [512, 1024][random.int(2)]!];
  const values: Values = { kind: 'video', steps: String(steps), width: String(width) };
  const regime = Math.floor(at / regimeJobs) % 2 === 0 ? 1 : 1.5;
  // What nobody had reason to look at when it was trained: now it counts.
  const drift = trouble === 'drift' && isOnline && width === 1024 ? 2.5 : 1;
  const noise = Math.exp(0.15 * (random.float() + random.float() + random.float() - 1.5) * 2);
  const seconds = 2 * steps * regime * drift * noise;
  const servedMs = at * everyMs;
  const endedMs = servedMs + 1000 * seconds;
  const isSkewed = trouble === 'skew' && isOnline && random.float() < 0.7;
  return {
    servedMs,
    values,
    // A client that sends the number as text with a decimal point, and a pipeline that takes it as it comes.
    servedValues: isSkewed ? { ...values, steps: `${steps}.0` } : values,
    holder: `org-${random.int(3)}`,
    p50Seconds: 0,
    seconds,
    endedMs,
    labelMs: endedMs + (trouble === 'delay' && isOnline ? regimeJobs * everyMs : 0),
  };
}

/** As the model of the time did: with the features that it was given, and what it had learned by then. */
function serve(jobs: ServedJob[], chain: readonly string[]): void {
  const model = new RuntimeModel();
  const labels = [...jobs].sort((a, b) => a.labelMs - b.labelMs);
  let learned = 0;
  for (const job of jobs) {
    for (let next = labels[learned]; next && next.labelMs <= job.servedMs; next = labels[++learned])
      model.learn({ chain: chainValues(next.values, chain), holder: next.holder }, next);
    const features = { chain: chainValues(job.servedValues, chain), holder: job.holder };
    job.p50Seconds = model.predict(features)?.p50Seconds ?? 60;
  }
}
