/**
 * Prompts with one word in common hang. Nobody has listed that word: it is found from how attempts end, and what comes of
 * its class after that waits and is told why, while everybody else's jobs run.
 *
 *     round by round: some of the class ─▶ ended as hung      ┐ until one of the class is told to wait
 *                     more of all others ─▶ they succeed      ┘
 */
import type { JobDetails } from '@cellbook/shared/protocol/job.ts';
import { must } from '../steps.ts';
import { hasEnded, type Jobs } from './jobs-client.ts';
import type { GpuStage } from './stage.ts';

export interface ClassTold {
  /** Of the class, ended as hung before it was found; of all others, which succeeded. */
  hangs: number;
  others: number;
  job: string;
  because: string;
}

const tiny = { width: 64, height: 36, fps: 6, steps: 2, durationSeconds: 0.5 };
const roundsMax = 5;

export async function tellHangingClass({ steps }: GpuStage, jobs: Jobs): Promise<ClassTold> {
  let [hangs, others] = [0, 0];
  for (let round = 1; round <= roundsMax; round++) {
    const seen = await steps.run(`prompts with one word hang, ${round}`, () => oneRound(jobs, round));
    hangs += seen.hung;
    others += seen.others;
    if (seen.limited) return { hangs, others, ...seen.limited };
  }
  throw new Error(`expected the class to be found after ${hangs} hangs`);
}

async function oneRound(jobs: Jobs, round: number) {
  const of = (prompt: string, count: number, parameters: Record<string, unknown>) =>
    Promise.all(
      Array.from({ length: count }, (_, place) =>
        jobs.submit({ prompt: `${prompt} ${round}${place}`, parameters, attempts: 1 }),
      ),
    );
  const fault = { kind: 'hang', atFrame: 1 };
  const [hanging, usual] = [await of('a fractal', 3, { ...tiny, fault }), await of('a brook', 10, tiny)];
  const hung: JobDetails[] = [];
  let limited: { job: string; because: string } | null = null;
  for (const { id } of hanging) {
    const job = await jobs.until(
      id,
      'to hang or to wait',
      (one) => hasEnded(one) || whyLimited(one) !== null,
    );
    const because = whyLimited(job);
    if (because === null) hung.push(job);
    else {
      must(because.startsWith('its class is'), `${id} to be told what its class is, not “${because}”`);
      limited ??= { job: id, because };
      await jobs.cancel(id);
    }
  }
  for (const { phase, tries, id } of hung) {
    const ending = tries.at(-1)?.failed?.class ?? phase;
    must(ending === 'hung', `${id} to be ended as hung, not as ${ending}`);
  }
  for (const { id } of usual) {
    const { phase } = await jobs.until(id, 'to end', hasEnded);
    must(phase === 'succeeded', `${id}, which has nothing to do with it, to succeed, not ${phase}`);
  }
  return { hung: hung.length, others: usual.length, limited };
}

const whyLimited = ({ pending }: JobDetails): string | null => {
  const [limit] = pending.flatMap((one) => (one.code === 'class_limited' ? [one.problem] : []));
  return limit ?? null;
};
