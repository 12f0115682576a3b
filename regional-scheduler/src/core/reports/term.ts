/**
 * Whom a leader has heard in its term, by its own monotonic clock. A host's leases run from when its agent sent the
 * report that was answered, so that they end before `leaseMs` after the answer; `marginMs` is for clocks of different
 * pace. A host that was not answered for that long runs nothing any more, and only then is what it ran given away. A new
 * leader knows nothing of the answers before it, and waits once from the beginning of its term. Time in which it did not
 * look (it stood still, its record could not be written) does not count: reports may have waited unread.
 *
 * Reports of one generation are numbered: one that is older than the last is late or a duplicate and says nothing. Reports
 * sent in an earlier term may still arrive, so that only one whose agent has heard of this term can say what it lacks.
 */
import type { HostId } from '@cellbook/shared/ids.ts';

export interface TermOptions {
  epoch: number;
  beganMs: number;
  leaseMs: number;
  marginMs: number;
  /** Looking less often than this counts as having stood still. */
  stallMs: number;
}

interface Heard {
  answeredMs: number;
  generation: number;
  sequence: number;
}

export class Term {
  readonly epoch: number;
  readonly leaseMs: number;
  readonly #options: TermOptions;
  readonly #heard = new Map<HostId, Heard>();
  #countsFromMs: number;
  #lookedMs: number;

  constructor(options: TermOptions) {
    this.#options = options;
    this.epoch = options.epoch;
    this.leaseMs = options.leaseMs;
    this.#countsFromMs = options.beganMs;
    this.#lookedMs = options.beganMs;
  }

  /** Whether a report is newer than all that this term has seen of its host. */
  isNew(report: { hostId: HostId; generation: number; sequence: number }): boolean {
    const known = this.#heard.get(report.hostId);
    if (!known || report.generation > known.generation) return true;
    return report.generation === known.generation && report.sequence > known.sequence;
  }

  /** To be called when the answer to it leaves, not before: the host's leases may last from then. */
  answered(report: { hostId: HostId; generation: number; sequence: number }, nowMs: number): void {
    const { hostId, generation, sequence } = report;
    const known = this.#heard.get(hostId);
    const isLate = known && (known.generation > generation || !this.isNew(report));
    this.#heard.set(
      hostId,
      isLate ? { ...known, answeredMs: nowMs } : { answeredMs: nowMs, generation, sequence },
    );
  }

  /** To be called on every look at the region, before `isSilent` is asked. */
  look(nowMs: number): void {
    if (nowMs - this.#lookedMs > this.#options.stallMs) this.#countsFromMs = nowMs;
    this.#lookedMs = nowMs;
  }

  /** Whether every lease that the host can have is over. */
  isSilent(hostId: HostId, nowMs: number): boolean {
    const fromMs = Math.max(this.#countsFromMs, this.#heard.get(hostId)?.answeredMs ?? 0);
    return nowMs - fromMs > this.#options.leaseMs + this.#options.marginMs;
  }
}
