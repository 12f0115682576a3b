/** What a simulated job really does, which nobody can know before. */
import type { Random } from '@cellbook/shared/random.ts';
import type { FailureClass, JobSpec } from '../../core/model/job.ts';

export type Ailment = 'none' | 'crashes_once' | 'crashes' | 'out_of_memory' | 'hangs' | 'too_long';

export interface JobTruth {
  /** Of one whole run that nothing disturbs. */
  runMs: number;
  ailment: Ailment;
  /** After this much of a run it fails, where it does. */
  failsAtMs: number;
}

const ailments: readonly (readonly [Ailment, number])[] = [
  ['none', 0.7],
  ['crashes_once', 0.08],
  ['crashes', 0.06],
  ['out_of_memory', 0.05],
  ['hangs', 0.06],
  ['too_long', 0.05],
];

export function drawTruth(random: Random, job: JobSpec): JobTruth {
  const ailment = drawAilment(random.float());
  const usualMs = 2_000 + random.int(4 * job.predicted.p50Ms);
  const runMs = ailment === 'too_long' ? job.wallMsMax + 60_000 : usualMs;
  return { runMs, ailment, failsAtMs: random.int(Math.min(runMs, job.wallMsMax)) };
}

function drawAilment(drawn: number): Ailment {
  let left = drawn;
  for (const [ailment, share] of ailments) {
    if (left < share) return ailment;
    left -= share;
  }
  return 'none';
}

export interface RunPlan {
  /** From its start, in running time. */
  endsInMs: number;
  end: { kind: 'succeeded' } | { kind: 'failed'; class: FailureClass };
}

/** How long a watchdog waits for a sign of life. */
export const hungAfterMs = 45_000;

/** What a run that goes on from `savedMs` will come to; the first one of its job is number 0. */
export function planRun(
  truth: JobTruth,
  run: { number: number; savedMs: number; wallMsLeft: number; isBadHost: boolean },
): RunPlan {
  const leftMs = Math.max(1, truth.runMs - run.savedMs);
  const failsInMs = Math.max(1, truth.failsAtMs - run.savedMs);
  const failed = (endsInMs: number, failure: FailureClass): RunPlan =>
    endsInMs >= run.wallMsLeft
      ? { endsInMs: run.wallMsLeft, end: { kind: 'failed', class: 'wall_clock' } }
      : { endsInMs, end: { kind: 'failed', class: failure } };
  if (run.isBadHost) return failed(Math.min(1_000, leftMs), 'host_fault');
  if (truth.ailment === 'hangs') return failed(failsInMs + hungAfterMs, 'hung');
  if (truth.ailment === 'out_of_memory') return failed(failsInMs, 'out_of_memory');
  const crashes = truth.ailment === 'crashes' || (truth.ailment === 'crashes_once' && run.number === 0);
  if (crashes) return failed(failsInMs, 'crashed');
  if (leftMs >= run.wallMsLeft) return failed(leftMs, 'wall_clock');
  return { endsInMs: leftMs, end: { kind: 'succeeded' } };
}
