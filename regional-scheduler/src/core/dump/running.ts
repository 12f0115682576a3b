import type { HostId, JobId } from '@cellbook/shared/ids.ts';
import type { LiveAttempt } from '../fleet/host.ts';
import type { Attempt } from '../model/job.ts';
import { admit } from '../record/attempts.ts';
import { tierNames } from '../share/tiers.ts';
import type { SchedulerState } from '../state.ts';

type DumpedAttempt = Attempt &
  Pick<LiveAttempt, 'jobId' | 'savedAtMs' | 'charged' | 'priceMilli' | 'overdue'>;

export interface DumpedRunning {
  /** In the order in which they were placed. */
  attempts: DumpedAttempt[];
  reservations: { jobId: JobId; hostId: HostId; startMs: number; nominated: boolean }[];
}

export function dumpRunning(state: SchedulerState): DumpedRunning {
  return {
    attempts: [...state.attempts.values()].map((attempt) => ({
      attemptId: attempt.attemptId,
      hostId: attempt.hostId,
      devices: attempt.devices,
      version: attempt.version,
      placedMs: attempt.placedMs,
      startedMs: attempt.startedMs,
      savedMs: attempt.savedMs,
      checkpointKey: attempt.checkpointKey,
      progress: attempt.progress,
      preempting: attempt.preempting,
      jobId: attempt.jobId,
      savedAtMs: attempt.savedAtMs,
      charged: attempt.charged,
      priceMilli: attempt.priceMilli,
      overdue: attempt.overdue,
    })),
    reservations: [...state.reservations.values()]
      .map(({ jobId, host, startMs, nominated }) => ({ jobId, hostId: host.spec.hostId, startMs, nominated }))
      .sort((a, b) => (a.jobId < b.jobId ? -1 : 1)),
  };
}

/** The last part: all jobs are there. */
export function loadRunning(state: SchedulerState, { attempts, reservations }: DumpedRunning): void {
  state.jobs.loaded();
  for (const tier of tierNames) state.tiers[tier].arrange();
  for (const dumped of attempts) {
    const row = state.jobs.rowOf(dumped.jobId)!;
    admit(state, row, { ...structuredClone(dumped) });
  }
  for (const { jobId, hostId, startMs, nominated } of reservations) {
    const row = state.jobs.rowOf(jobId)!;
    const { tier, gpus } = state.jobs.templateOf(row);
    const reservation = {
      ...{ jobId, row, tier, gpus, startMs, nominated },
      host: state.fleet.hosts.get(hostId)!,
    };
    state.reservations.set(jobId, reservation);
    state.fleet.reserve(reservation);
  }
}
