/**
 * Why a model that did well offline does badly online. What was served is replayed three times, and each time one
 * difference between the two worlds is taken away:
 *
 *     as it was served                                                        online
 *     with the features as they are worked out afterwards                     ├─ skew:  they differ from those served
 *     and with every label at the end of its job, not when it came            ├─ delay: it learned too late
 *     what is left above the error of the time split within the training      ├─ drift: the world has changed
 *                                                                             offline
 *
 * Errors are means of |ln(ran / predicted)|. A part is a cause where it is a quarter of the whole gap and large enough
 * to matter. So the three are told apart although each looks the same on a chart of the error.
 */
import { chooseChain } from './choose-chain.ts';
import { RuntimeModel } from './runtime-model.ts';
import { chainValues, type Values } from './subject.ts';

export interface ServedJob {
  servedMs: number;
  /** As they were when it was served, and as they are worked out now from the request. */
  servedValues: Values;
  values: Values;
  holder: string;
  p50Seconds: number;
  seconds: number;
  endedMs: number;
  /** When the model learned of it. */
  labelMs: number;
}

export type Cause = 'skew' | 'delay' | 'drift';

export interface Diagnosis {
  offlineError: number;
  onlineError: number;
  parts: Record<Cause, number>;
  causes: Cause[];
  /** Names whose served value differs from the true one, and of how many jobs. */
  skewed: { name: string; share: number }[];
  /** Half of the labels came later than this after the end. */
  labelDelaySeconds: number;
  chain: readonly string[];
}

/** An error of three per cent costs nothing. */
const errorMin = 0.03;
const shareMin = 0.25;
const trainShare = 0.8;

/** `trained`: of before the model was put online; `online`: what it has served since. Both in the order of serving. */
export function diagnose(trained: readonly ServedJob[], online: readonly ServedJob[]): Diagnosis {
  const chain = chooseChain(trained.map(({ values, seconds }) => ({ values, seconds })));
  const split = Math.floor(trainShare * trained.length);
  const all = [...trained, ...online];
  const atEnd = (job: ServedJob) => job.endedMs;
  const asItCame = (job: ServedJob) =>
    job.servedMs < (online[0]?.servedMs ?? 0) ? job.endedMs : job.labelMs;
  const offlineError = replay(trained, split, chain, atEnd);
  const onlineError = meanOf(online.map((job) => Math.abs(Math.log(job.seconds / job.p50Seconds))));
  const unskewed = replay(all, trained.length, chain, asItCame);
  const undelayed = replay(all, trained.length, chain, atEnd);
  const parts = {
    skew: onlineError - unskewed,
    delay: unskewed - undelayed,
    drift: undelayed - offlineError,
  };
  const gap = onlineError - offlineError;
  const isCause = (cause: Cause) => parts[cause] >= errorMin && parts[cause] >= shareMin * gap;
  return {
    offlineError,
    onlineError,
    parts,
    causes: (['skew', 'delay', 'drift'] as const).filter(isCause),
    skewed: skewedNames(online),
    labelDelaySeconds: medianOf(online.map((job) => (job.labelMs - job.endedMs) / 1000)),
    chain,
  };
}

/** The mean error from `from` on of a model that goes by true features and learns each job at `learnedMs`. */
function replay(
  jobs: readonly ServedJob[],
  from: number,
  chain: readonly string[],
  learnedMs: (job: ServedJob) => number,
): number {
  const model = new RuntimeModel();
  const labels = [...jobs].sort((a, b) => learnedMs(a) - learnedMs(b));
  const featuresOf = ({ values, holder }: ServedJob) => ({ chain: chainValues(values, chain), holder });
  const errors: number[] = [];
  let learned = 0;
  for (const [at, job] of jobs.entries()) {
    for (let next = labels[learned]; next && learnedMs(next) <= job.servedMs; next = labels[++learned])
      model.learn(featuresOf(next), next);
    const predicted = at < from ? null : model.predict(featuresOf(job));
    if (predicted) errors.push(Math.abs(Math.log(job.seconds / predicted.p50Seconds)));
  }
  return meanOf(errors);
}

function skewedNames(jobs: readonly ServedJob[]): { name: string; share: number }[] {
  const counts = new Map<string, number>();
  for (const { values, servedValues } of jobs)
    for (const name of new Set([...Object.keys(values), ...Object.keys(servedValues)]))
      if (values[name] !== servedValues[name]) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .map(([name, count]) => ({ name, share: count / jobs.length }))
    .sort((a, b) => b.share - a.share || (a.name < b.name ? -1 : 1));
}

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
