/** When GPUs will be free, by what is predicted of those that run. */
import type { Host, LiveAttempt } from '../fleet/host.ts';
import type { Row } from '../jobs/job-table.ts';
import type { SchedulerState } from '../state.ts';

/** Whoever outlives its 95th percentile is expected to take a tenth of its time again. */
export function predictedEndMs(state: SchedulerState, attempt: LiveAttempt, nowMs: number): number {
  const { jobs } = state;
  const { row, preempting, placedMs, startedMs } = attempt;
  const doneMs = state.tries.get(row)?.savedMs ?? 0;
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
  // At most as many as the host has GPUs, a few: sorted as they come.
  const ends: { endMs: number; gives: number }[] = [];
  for (const attempt of host.attempts) {
    const endMs = predictedEndMs(state, attempt, nowMs);
    let at = ends.length;
    while (at > 0 && ends[at - 1]!.endMs > endMs) at--;
    ends.splice(at, 0, { endMs, gives: healthyOf(host, attempt) });
  }
  let free = host.free;
  for (const { endMs, gives } of ends) {
    free += gives;
    if (free >= gpus) return endMs;
  }
  return Number.POSITIVE_INFINITY;
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
