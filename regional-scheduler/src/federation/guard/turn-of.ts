/** How often a job was let go before: to a host, or to another region as an offer. */
import type { JobId } from '@cellbook/shared/ids.ts';
import type { SchedulerState } from '../../core/state.ts';
import type { CopyOfJob } from './guard-store.ts';

export function turnOf(state: SchedulerState, jobId: JobId): number | null {
  const row = state.jobs.rowOf(jobId);
  if (row === undefined) return null;
  const tries = state.tries.get(row);
  const isOut = tries?.live != null || state.jobs.phaseOf(row) === 'spilling';
  return (tries?.attempts ?? 0) + (tries?.handoff ?? 0) - (isOut ? 1 : 0);
}

/** What is told of a job; null: it is not here any more, its owner wants it no more, or it must stay here. */
export function toldOf(
  state: SchedulerState,
  jobId: JobId,
  guardian: string,
): Omit<CopyOfJob, 'content'> | null {
  const row = state.jobs.rowOf(jobId);
  const turn = turnOf(state, jobId);
  if (row === undefined || turn === null || state.tries.get(row)?.cancel != null) return null;
  if (!mayBeCopied(state.jobs.templateOf(row), guardian)) return null;
  const phase = state.jobs.phaseOf(row);
  return { jobId, turn, state: phase === 'queued' || phase === 'held' ? 'queued' : 'released' };
}

export function mayBeCopied({ regions }: { regions: readonly string[] | null }, guardian: string): boolean {
  return regions === null || regions.includes(guardian);
}
