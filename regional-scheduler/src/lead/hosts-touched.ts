import type { HostId } from '@cellbook/shared/ids.ts';
import type { SchedulerEvent } from '../core/model/event.ts';
import type { SchedulerState } from '../core/state.ts';

/** Hosts whose agents may have to hear of an event; to be asked before it is applied. */
export function hostsTouched(state: SchedulerState, event: SchedulerEvent): HostId[] {
  if (event.type === 'host_changed') return [event.host.hostId];
  if (event.type === 'job_placed') return [event.hostId];
  if ('attemptId' in event) {
    const attempt = state.attempts.get(event.attemptId);
    return attempt ? [attempt.host.spec.hostId] : [];
  }
  if (event.type !== 'cancel_asked') return [];
  const row = state.jobs.rowOf(event.jobId);
  const live = row === undefined ? null : state.tries.get(row)?.live;
  return live ? [live.host.spec.hostId] : [];
}
