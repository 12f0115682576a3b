/**
 * Reports of agents on their way to the leader's turns, and those that wait for something new to be said to them. A host
 * has one report under way: a newer one answers the older at once. What is beyond the limit is refused and comes again.
 *
 *     ask ──▶ fresh ──turn──▶ parked ──something new, or its wait is over──▶ answered
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { HostId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { AgentOrders, AgentReport } from '@cellbook/shared/protocol/gpu-agent-api.ts';

export interface WaitingReport {
  report: AgentReport;
  /** Monotonic: answered by then in any case. */
  untilMs: number;
  /** Whether the state may hold news for it since it was last looked at. */
  isTouched: boolean;
  answer(orders: AgentOrders): void;
  refuse(error: CellbookError): void;
}

export class Inbox {
  readonly #clock: Clock;
  readonly #wake: () => void;
  #fresh: WaitingReport[] = [];
  readonly #parked = new Map<HostId, WaitingReport>();
  #closed: CellbookError | null = null;

  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  /** Answered after the turn that took it in, or later when there is nothing new; rejects when nobody leads here. */
  ask(report: AgentReport): Promise<AgentOrders> {
    if (this.#closed) return Promise.reject(this.#closed);
    if (this.#fresh.length >= limits.scheduler.reportsMax) return Promise.reject(tooMany());
    return new Promise((resolve, reject) => {
      const untilMs = this.#clock.monotonicMs() + report.waitMs;
      this.#fresh.push({ report, untilMs, isTouched: true, answer: resolve, refuse: reject });
      this.#wake();
    });
  }

  /** What came since the last turn; each is parked from now on, in the place of an older one of its host. */
  take(countMax: number): WaitingReport[] {
    const taken = this.#fresh.splice(0, countMax);
    for (const waiting of taken) {
      const { hostId } = waiting.report;
      const older = this.#parked.get(hostId);
      if (older) older.refuse(superseded(hostId));
      this.#parked.set(hostId, waiting);
    }
    return taken;
  }

  parked(): IterableIterator<WaitingReport> {
    return this.#parked.values();
  }

  touch(hostId: HostId): void {
    const waiting = this.#parked.get(hostId);
    if (waiting) waiting.isTouched = true;
  }

  answered(waiting: WaitingReport): void {
    if (this.#parked.get(waiting.report.hostId) === waiting) this.#parked.delete(waiting.report.hostId);
  }

  hasFresh(): boolean {
    return this.#fresh.length > 0;
  }

  /** When the next wait is over, monotonic. */
  nextDueMs(): number {
    let dueMs = Number.POSITIVE_INFINITY;
    for (const { untilMs } of this.#parked.values()) dueMs = Math.min(dueMs, untilMs);
    return dueMs;
  }

  close(why: CellbookError): void {
    this.#closed = why;
    for (const waiting of [...this.#fresh, ...this.#parked.values()]) waiting.refuse(why);
    this.#fresh = [];
    this.#parked.clear();
  }
}

const superseded = (hostId: HostId): CellbookError =>
  new CellbookError('conflict', {
    doing: `answering a report of ${hostId}`,
    problem: 'a newer report of this host has come',
    next: 'Wait for the answer to that one.',
    ids: { hostId },
  });

const tooMany = (): CellbookError =>
  new CellbookError('capacity_exhausted', {
    doing: 'taking in a report',
    problem: 'more reports wait than the leader can read',
    next: 'Report again; leases last until then.',
    retryAfterMs: 1_000,
  });
