/**
 * Whom a leader has heard in its term, by its own monotonic clock. A host's leases run from when its agent sent the
 * report that was answered, so that they end before `leaseMs` after the answer; `marginMs` is for clocks of different
 * pace. A host that was not answered for that long runs nothing any more, and only then is what it ran given away. A new
 * leader knows nothing of the answers before it, and waits once from the beginning of its term. Time in which it did not
 * look (it stood still, its record could not be written) does not count: reports may have waited unread.
 *
 * Reports of one generation are numbered: one that is older than the last is late or a duplicate and says nothing. Reports
 * sent in an earlier term may still arrive, so that only one whose agent has heard of this term can say what it lacks.
 * What ran and is not told of any more is not ordered any more, and given away only when its lease must be over: the
 * agent may have lost it, or lie.
 */
import type { AttemptId, HostId } from '@cellbook/shared/ids.ts';
import { BinariesAtHand } from './binaries-at-hand.ts';

export interface TermOptions {
  epoch: number;
  beganMs: number;
  leaseMs: number;
  marginMs: number;
  /** Looking less often than this counts as having stood still. */
  stallMs: number;
}

export class Term {
  readonly epoch: number;
  readonly leaseMs: number;
  readonly binaries = new BinariesAtHand();
  readonly #options: TermOptions;
  readonly #answeredMs = new Map<HostId, number>();
  readonly #taken = new Map<HostId, { generation: number; sequence: number }>();
  readonly #waiting = new Set<HostId>();
  readonly #missedMs = new Map<AttemptId, number>();
  #countsFromMs: number;
  #lookedMs: number;

  constructor(options: TermOptions) {
    this.#options = options;
    this.epoch = options.epoch;
    this.leaseMs = options.leaseMs;
    this.#countsFromMs = options.beganMs;
    this.#lookedMs = options.beganMs;
  }

  /** Whether a report is newer than all that this term has taken of its host; if so it counts as taken. */
  take({ hostId, generation, sequence }: { hostId: HostId; generation: number; sequence: number }): boolean {
    const last = this.#taken.get(hostId);
    const isNew =
      !last || generation > last.generation || (generation === last.generation && sequence > last.sequence);
    if (!isNew) return false;
    this.#taken.set(hostId, { generation, sequence });
    this.#waiting.add(hostId);
    return true;
  }

  /** To be called when an answer leaves, not before: the host's leases may last from then. */
  answered(hostId: HostId, nowMs: number): void {
    this.#answeredMs.set(hostId, nowMs);
    this.#waiting.delete(hostId);
  }

  /** To be called on every look at the region, before `isSilent` is asked. */
  look(nowMs: number): void {
    if (nowMs - this.#lookedMs > this.#options.stallMs) this.#countsFromMs = nowMs;
    this.#lookedMs = nowMs;
  }

  /** Whether every lease that the host can have is over, and it has said nothing that waits for an answer. */
  isSilent(hostId: HostId, nowMs: number): boolean {
    if (this.#waiting.has(hostId)) return false;
    const fromMs = Math.max(this.#countsFromMs, this.#answeredMs.get(hostId) ?? 0);
    return nowMs - fromMs > this.#options.leaseMs + this.#options.marginMs;
  }

  /** A new report of its agent says nothing of it; true once no lease that it had can last. */
  missed(attemptId: AttemptId): boolean {
    const sinceMs = this.#missedMs.get(attemptId) ?? this.#lookedMs;
    this.#missedMs.set(attemptId, sinceMs);
    return this.#lookedMs - sinceMs > this.#options.leaseMs + this.#options.marginMs;
  }

  told(attemptId: AttemptId): void {
    this.#missedMs.delete(attemptId);
  }

  /** Whether it may be ordered: what is missed is not. */
  isMissed(attemptId: AttemptId): boolean {
    return this.#missedMs.has(attemptId);
  }
}
