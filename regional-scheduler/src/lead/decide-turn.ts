/**
 * One turn, decided: what arrived, what agents said, who is silent, and what follows. Everything is applied to the
 * state as it is decided, in the order in which it will be in the log, and nothing of it leaves before that is written.
 * It comes in pieces, so that one is being written while the next is decided.
 */
import type { HostId, JobId } from '@cellbook/shared/ids.ts';
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
import type { ArrivalPoint, LogEntry } from '../log/event-log.ts';
import { hostsTouched } from './hosts-touched.ts';

export interface TurnInput {
  arrivals: readonly Arrival[];
  reports: readonly AgentReport[];
  nowMs: number;
  monotonicMs: number;
  random: Random;
}

export class Turn {
  /** Hosts for whom there may be news. */
  readonly touched = new Set<HostId>();
  /** Whose prompts somebody will be told. */
  readonly placed = new Set<JobId>();
  /** Whether deciding came to its limit before it came to its end. */
  isMore = true;
  events = 0;
  readonly #state: SchedulerState;
  readonly #term: Term;
  readonly #input: TurnInput;
  #entries: LogEntry[] = [];

  constructor(state: SchedulerState, term: Term, input: TurnInput) {
    this.#state = state;
    this.#term = term;
    this.#input = input;
  }

  /** To be run to its end: what is not taken is decided and never written. Empty: nothing is to be written yet. */
  *decide(): Generator<readonly LogEntry[]> {
    this.#term.look(this.#input.monotonicMs);
    yield* this.#takeIn();
    yield* this.#hear();
    this.#listenForSilence();
    while (this.isMore && this.events < limits.scheduler.turnEventsMax) {
      yield this.#isPiece() ? this.#piece() : [];
      const decided = decide(this.#state, this.#input.nowMs, this.#input.random);
      for (const event of decided) this.#write(event);
      this.isMore = decided.length > 0;
    }
    if (this.#entries.length > 0) yield this.#piece();
  }

  *#takeIn(): Generator<readonly LogEntry[]> {
    const isKnown = (jobId: Parameters<SchedulerState['jobs']['rowOf']>[0]) =>
      this.#state.jobs.rowOf(jobId) !== undefined;
    for (const arrival of this.#input.arrivals) {
      const event = eventOfArrival(arrival, isKnown, this.#input.nowMs);
      if (event) this.#record(event, arrival);
      if (this.#isPiece()) yield this.#piece();
    }
  }

  /** What one report says is in one piece: a batch of the log never ends an attempt without its job. */
  *#hear(): Generator<readonly LogEntry[]> {
    const state = this.#state;
    const reading = { nowMs: this.#input.nowMs, term: this.#term, judge: this.#judge() };
    for (const report of this.#input.reports) {
      this.touched.add(report.hostId);
      if (!this.#term.take(report)) continue;
      for (const event of readReport(hostView(state, report.hostId), report, reading)) this.#record(event);
      const { size } = state.fleet.hosts;
      for (const { kind: type, ...staged } of this.#term.binaries.heard(report, state.contain.rollouts, size))
        this.#record({ type, ...staged, atMs: this.#input.nowMs });
      if (this.#isPiece()) yield this.#piece();
    }
  }

  #listenForSilence(): void {
    const { nowMs, monotonicMs } = this.#input;
    for (const [hostId, { phase }] of this.#state.fleet.hosts) {
      if (phase === 'gone' || !this.#term.isSilent(hostId, monotonicMs)) continue;
      const view = hostView(this.#state, hostId);
      if (view) for (const event of readSilence(view, { nowMs, judge: this.#judge() })) this.#record(event);
    }
  }

  #judge() {
    return judgeAttempt(this.#state, this.#input.random);
  }

  #record(event: SchedulerEvent, arrival?: Arrival): void {
    const touched = hostsTouched(this.#state, event);
    if (!applyEvent(this.#state, event)) return;
    for (const hostId of touched) this.touched.add(hostId);
    this.#entries.push(arrival ? { event, arrival: pointOf(arrival) } : { event });
    this.events++;
  }

  /** What deciding has applied already. */
  #write(event: SchedulerEvent): void {
    for (const hostId of hostsTouched(this.#state, event)) this.touched.add(hostId);
    if (event.type === 'job_placed') this.placed.add(event.jobId);
    this.#entries.push({ event });
    this.events++;
  }

  #isPiece(): boolean {
    return this.#entries.length >= limits.scheduler.pieceEvents;
  }

  #piece(): readonly LogEntry[] {
    const piece = this.#entries;
    this.#entries = [];
    return piece;
  }
}

export const pointOf = ({ xid, stream, position }: Arrival): ArrivalPoint => ({ xid, stream, position });
