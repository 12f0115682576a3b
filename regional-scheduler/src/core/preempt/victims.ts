/**
 * Who of a host's jobs would have to go so that so many GPUs are free, at the least cost. The cost of one is what it
 * loses: its GPUs for the time since its last checkpoint, and for starting again.
 */
import type { Host, LiveAttempt } from '../fleet/host.ts';
import { healthyOf } from '../reserve/predict-end.ts';

/** Starting again costs a container, a model's weights and the loading of a checkpoint. */
export const restoreMs = 10_000;

export interface Victims {
  host: Host;
  attempts: LiveAttempt[];
  /** Priced GPU-milliseconds. */
  lostMs: number;
}

export interface VictimRules {
  mayStop(attempt: LiveAttempt): boolean;
  /** It stops anyway. */
  isLeaving(attempt: LiveAttempt): boolean;
  lostMs(attempt: LiveAttempt): number;
}

/** Null: not even all of them would do. */
export function chooseVictims(host: Host, gpus: number, rules: VictimRules): Victims | null {
  let missing = gpus - host.free;
  for (const attempt of host.attempts) if (rules.isLeaving(attempt)) missing -= healthyOf(host, attempt);
  const candidates = host.attempts
    .filter((attempt) => !rules.isLeaving(attempt) && rules.mayStop(attempt))
    .map((attempt) => ({ attempt, gives: healthyOf(host, attempt), lostMs: rules.lostMs(attempt) }))
    .filter(({ gives }) => gives > 0)
    .sort((a, b) => a.lostMs / a.gives - b.lostMs / b.gives || (a.attempt.jobId < b.attempt.jobId ? -1 : 1));
  const chosen: typeof candidates = [];
  for (const candidate of candidates) {
    if (missing <= 0) break;
    chosen.push(candidate);
    missing -= candidate.gives;
  }
  if (missing > 0) return null;
  // The last ones may have made an earlier, dearer one needless.
  for (const one of [...chosen].sort((a, b) => b.lostMs - a.lostMs)) {
    if (missing + one.gives > 0) continue;
    missing += one.gives;
    chosen.splice(chosen.indexOf(one), 1);
  }
  return {
    host,
    attempts: chosen.map(({ attempt }) => attempt),
    lostMs: chosen.reduce((sum, { lostMs }) => sum + lostMs, 0),
  };
}
