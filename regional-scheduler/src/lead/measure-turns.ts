/** What a leader's turns cost, and what its state holds, for /metrics. */
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { SchedulerState } from '../core/state.ts';

export interface MeasuredTurn {
  /** From taking in to having answered. */
  ms: number;
  events: number;
  /** Of it, what writing and answering took. */
  appendMs: number;
}

export function measureTurns(
  metrics: Metrics,
  stateOf: () => SchedulerState | null,
): (turn: MeasuredTurn) => void {
  const turns = metrics.histogram(
    'cellbook_scheduler_turn_seconds',
    'Turns of the leader that wrote something.',
  );
  const writes = metrics.histogram(
    'cellbook_scheduler_commit_seconds',
    'Of a turn, writing down and answering.',
  );
  const events = metrics.counter('cellbook_scheduler_events_total', 'Events that were committed.');
  const jobs = metrics.gauge('cellbook_scheduler_jobs', 'Jobs that have not ended.');
  const running = metrics.gauge('cellbook_scheduler_attempts', 'Attempts that have not ended.');
  return ({ ms, events: count, appendMs }) => {
    const state = stateOf();
    jobs.set(state?.jobs.size ?? 0);
    running.set(state?.attempts.size ?? 0);
    if (count === 0) return;
    turns.observe(ms / 1000);
    writes.observe(appendMs / 1000);
    events.inc(count);
  };
}
