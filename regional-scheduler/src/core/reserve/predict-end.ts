/** When GPUs will be free, by what is predicted of those that run. */
import type { Host, LiveAttempt } from '../fleet/host.ts';
import type { Row } from '../jobs/job-table.ts';
import type { SchedulerState } from '../state.ts';

/** Whoever outlives its 95th percentile is expected to take a tenth of its time again. */
export function predictedEndMs(state: SchedulerState, attempt: LiveAttempt, nowMs: number): number {
  const { jobs } = state;
  const { row, preempting, placedMs, startedMs, tries } = attempt;
  const doneMs = tries.savedMs;
  const began = startedMs ?? placedMs;
  const usual = began + Math.max(1000, jobs.p50Ms[row]! - doneMs);
  const late = began + Math.max(1000, jobs.p95Ms[row]! - doneMs);
  const outlived = nowMs + Math.max(1000, (nowMs - began) / 10);
  const endMs = usual > nowMs ? usual : late > nowMs ? late : outlived;
  return preempting ? Math.min(endMs, Math.max(preempting.stopByMs, nowMs)) : endMs;
}

/** How long a job that is not placed will run at the most, as far as one can tell. */
export function longestMs({ jobs, tries }: SchedulerState, row: Row): number {
  const savedMs = tries.get(row)?.savedMs ?? 0;
  return Math.max(1000, Math.max(jobs.p95Ms[row]!, jobs.p50Ms[row]!) - savedMs);
}

/** When a host will have so many free; `Infinity`: never, it has not so many. */
export function freeAtMs(state: SchedulerState, host: Host, gpus: number, nowMs: number): number {
  if (host.free >= gpus) return nowMs;
  if (host.spec.gpus < gpus) return Number.POSITIVE_INFINITY;
  // As many as the host has GPUs at the most: the soonest is looked for as often as one is needed.
  const { attempts } = host;
  const ends = attempts.map((attempt) => predictedEndMs(state, attempt, nowMs));
  let free = host.free;
  for (;;) {
    let soonest = -1;
    for (let at = 0; at < ends.length; at++)
      if (ends[at]! < (soonest === -1 ? Number.POSITIVE_INFINITY : ends[soonest]!)) soonest = at;
    if (soonest === -1) return Number.POSITIVE_INFINITY;
    free += healthyOf(host, attempts[soonest]!);
    if (free >= gpus) return ends[soonest]!;
    ends[soonest] = Number.POSITIVE_INFINITY;
  }
}

/** How many will be free by then. */
export function freeBy(state: SchedulerState, host: Host, atMs: number, nowMs: number): number {
  let free = host.free;
  for (const attempt of host.attempts)
    if (predictedEndMs(state, attempt, nowMs) <= atMs) free += healthyOf(host, attempt);
  return free;
}

export function healthyOf(host: Host, attempt: LiveAttempt): number {
  if (host.spec.unhealthy.length === 0) return attempt.devices.length;
  return attempt.devices.filter((device) => !host.spec.unhealthy.includes(device)).length;
}
