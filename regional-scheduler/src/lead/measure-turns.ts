/** What a leader's turns cost, for /metrics. */
import type { Metrics } from '@cellbook/shared/metrics.ts';

export interface MeasuredTurn {
  /** From taking in to having answered. */
  ms: number;
  events: number;
  /** Of it, what writing and answering took. */
  appendMs: number;
}

export function measureTurns(metrics: Metrics): (turn: MeasuredTurn) => void {
  const turns = metrics.histogram(
    'cellbook_scheduler_turn_seconds',
    'Turns of the leader that wrote something.',
  );
  const decisions = metrics.histogram(
    'cellbook_scheduler_decide_seconds',
    'Of a turn, taking in, deciding and applying; pieces are written meanwhile.',
  );
  const writes = metrics.histogram(
    'cellbook_scheduler_commit_seconds',
    'Of a turn, writing down and answering.',
  );
  const events = metrics.counter('cellbook_scheduler_events_total', 'Events that were committed.');
  return ({ ms, events: count, appendMs }) => {
    if (count === 0) return;
    turns.observe(ms / 1000);
    decisions.observe((ms - appendMs) / 1000);
    writes.observe(appendMs / 1000);
    events.inc(count);
  };
}
