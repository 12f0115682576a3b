/**
 * One turn, decided: what arrived, what agents said, who is silent, and what follows. Everything is applied to the
 * state as it is decided, in the order in which it will be in the log, and nothing of it leaves before that is written.
 */

import type { HostId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { AgentReport } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { applyEvent } from '../core/apply-event.ts';
import { decide } from '../core/decide.ts';
import type { SchedulerEvent } from '../core/model/event.ts';
import { readReport, readSilence } from '../core/reports/read-report.ts';
import { hostView, judgeAttempt } from '../core/reports/state-views.ts';
import type { Term } from '../core/reports/term.ts';
import type { SchedulerState } from '../core/state.ts';
import { type Arrival, eventOfArrival } from '../log/arrivals.ts';
import type { LogEntry } from '../log/event-log.ts';
import { hostsTouched } from './hosts-touched.ts';

export interface TurnInput {
  arrivals: readonly Arrival[];
  reports: readonly AgentReport[];
  nowMs: number;
  monotonicMs: number;
  random: Random;
}

export interface Turn {
  entries: LogEntry[];
  /** Hosts for whom there may be news. */
  touched: Set<HostId>;
  /** There is more to decide at once. */
  isMore: boolean;
}

export function decideTurn(state: SchedulerState, term: Term, input: TurnInput): Turn {
  const { arrivals, reports, nowMs, monotonicMs, random } = input;
  const turn: Turn = { entries: [], touched: new Set(), isMore: true };
  const record = (event: SchedulerEvent, arrival?: Arrival): void => {
    for (const hostId of hostsTouched(state, event)) turn.touched.add(hostId);
    if (!applyEvent(state, event)) return;
    turn.entries.push(arrival ? { event, arrival: pointOf(arrival) } : { event });
  };
  const judge = judgeAttempt(state, random);
  term.look(monotonicMs);
  for (const arrival of arrivals) {
    const event = eventOfArrival(arrival, (jobId) => state.jobs.rowOf(jobId) !== undefined, nowMs);
    if (event) record(event, arrival);
  }
  for (const report of reports) {
    turn.touched.add(report.hostId);
    if (!term.take(report)) continue;
    for (const event of readReport(hostView(state, report.hostId), report, { nowMs, term, judge }))
      record(event);
  }
  for (const [hostId, host] of state.fleet.hosts) {
    if (host.phase === 'gone' || !term.isSilent(hostId, monotonicMs)) continue;
    const view = hostView(state, hostId);
    if (view) for (const event of readSilence(view, { nowMs, judge })) record(event);
  }
  while (turn.isMore && turn.entries.length < limits.scheduler.batchMax) {
    // These are applied already.
    const decided = decide(state, nowMs, random);
    for (const event of decided) {
      for (const hostId of hostsTouched(state, event)) turn.touched.add(hostId);
      turn.entries.push({ event });
    }
    turn.isMore = decided.length > 0;
  }
  return turn;
}

const pointOf = ({ xid, stream, position }: Arrival) => ({ xid, stream, position });
