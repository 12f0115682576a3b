/**
 * Who of a host's jobs would have to go so that so many GPUs are free, at the least cost. The cost of one is what it
 * loses: its GPUs for the time since its last checkpoint, and for starting again.
 */
import type { Host, LiveAttempt } from '../fleet/host.ts';
import type { RegionPolicy } from '../model/policy.ts';
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

export function hasRunFor({ startedMs }: LiveAttempt, ranMs: number, nowMs: number): boolean {
  return startedMs !== null && nowMs - startedMs >= ranMs;
}

/** So often of one job, and once more for each slice of time that it has run. */
export function mayStopAgain(
  { preemptible, tries, startedMs }: LiveAttempt,
  { preemption }: RegionPolicy,
  nowMs: number,
): boolean {
  const ranMs = tries.ranMs + (startedMs === null ? 0 : nowMs - startedMs);
  return preemptible && tries.preemptions < stopsMax(preemption, ranMs);
}

export function stopsMax({ perJobMax, sliceMs }: RegionPolicy['preemption'], ranMs: number): number {
  return perJobMax + Math.floor(ranMs / (sliceMs ?? Number.POSITIVE_INFINITY));
}

interface Candidate {
  attempt: LiveAttempt;
  gives: number;
  lostMs: number;
}

/** What could be freed of a host: worked out once a round for each tier that would have it. */
export interface Freeable {
  host: Host;
  /** Free now, or as soon as those have stopped that were asked to. */
  free: number;
  /** In no order: of most hosts nobody asks for more than the cheapest. */
  candidates: Candidate[];
  gives: number;
  /** Of one GPU at the least. */
  leastMs: number;
}

/** Null: nobody there may be stopped. */
export function freeableOf(host: Host, rules: VictimRules): Freeable | null {
  let free = host.free;
  let gives = 0;
  const candidates: Candidate[] = [];
  for (const attempt of host.attempts) {
    const healthy = healthyOf(host, attempt);
    if (rules.isLeaving(attempt)) free += healthy;
    else if (healthy > 0 && rules.mayStop(attempt)) {
      candidates.push({ attempt, gives: healthy, lostMs: rules.lostMs(attempt) });
      gives += healthy;
    }
  }
  if (candidates.length === 0) return null;
  const leastMs = candidates.reduce((least, one) => Math.min(least, perGpuMs(one)), Number.POSITIVE_INFINITY);
  return { host, free, candidates, gives, leastMs };
}

const perGpuMs = ({ lostMs, gives }: Candidate): number => lostMs / gives;

const byCost = (a: Candidate, b: Candidate): number =>
  perGpuMs(a) - perGpuMs(b) || (a.attempt.jobId < b.attempt.jobId ? -1 : 1);

/** Null: it cannot be done, needs nobody to stop, or costs as much as `lostMsMax`. */
export function chooseVictims(from: Freeable, gpus: number, lostMsMax: number): Victims | null {
  const missing = gpus - from.free;
  if (missing <= 0 || from.gives < missing || missing * from.leastMs >= lostMsMax) return null;
  const chosen = cheapest(from.candidates.toSorted(byCost), missing);
  const lostMs = chosen.reduce((sum, one) => sum + one.lostMs, 0);
  if (lostMs >= lostMsMax) return null;
  return { host: from.host, attempts: chosen.map(({ attempt }) => attempt), lostMs };
}

function cheapest(candidates: readonly Candidate[], missing: number): Candidate[] {
  const chosen: Candidate[] = [];
  let left = missing;
  for (const candidate of candidates) {
    if (left <= 0) break;
    chosen.push(candidate);
    left -= candidate.gives;
  }
  // The last ones may have made an earlier, dearer one needless.
  for (const one of chosen.toSorted((a, b) => b.lostMs - a.lostMs)) {
    if (left + one.gives > 0) continue;
    left += one.gives;
    chosen.splice(chosen.indexOf(one), 1);
  }
  return chosen;
}
