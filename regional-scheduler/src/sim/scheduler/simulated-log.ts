/**
 * The record, as the scheduler's Postgres is one: a leader's lease by the record's own clock, an epoch that rises with
 * each new holder, batches that are refused when they are of an older one, and submissions and cancellations that
 * stand there before any leader has seen them.
 */
import type { JobId, RegionId } from '@cellbook/shared/ids.ts';
import type { SchedulerEvent } from '../../core/model/event.ts';
import type { JobSpec } from '../../core/model/job.ts';
import type { Timeline } from '../timeline.ts';

export interface Batch {
  epoch: number;
  events: readonly SchedulerEvent[];
  taken: Taken;
}

/** How many submissions and wishes are in the log. */
export interface Taken {
  submissions: number;
  wishes: number;
}

/** By whom the region believes its queue to be guarded. */
export interface Guardianship {
  epoch: number;
  guardian: RegionId | null;
}

export type Wish = SchedulerEvent | { type: 'cancel'; jobId: JobId };

export class SimulatedLog {
  readonly batches: Batch[] = [];
  readonly submissions: JobSpec[] = [];
  /** What was wished for by others than clients: in order, as the leader takes it. */
  readonly wishes: Wish[] = [];
  guardianship: Guardianship | null = null;
  epoch = 0;
  length = 0;
  #leaseUntilMs = 0;
  readonly #timeline: Timeline;
  readonly #leaseMs: number;
  readonly #fences: boolean;
  readonly #committed: (batch: Batch) => void;

  constructor(options: {
    timeline: Timeline;
    leaseMs: number;
    /** False only to show that the simulation finds it. */
    fences: boolean;
    committed: (batch: Batch) => void;
  }) {
    this.#timeline = options.timeline;
    this.#leaseMs = options.leaseMs;
    this.#fences = options.fences;
    this.#committed = options.committed;
  }

  get isLed(): boolean {
    return this.#timeline.nowMs < this.#leaseUntilMs;
  }

  /** The new epoch, or null while another's lease lasts. */
  acquire(): number | null {
    if (this.isLed) return null;
    this.#leaseUntilMs = this.#timeline.nowMs + this.#leaseMs;
    return ++this.epoch;
  }

  renew(epoch: number): boolean {
    if (epoch !== this.epoch || !this.isLed) return false;
    this.#leaseUntilMs = this.#timeline.nowMs + this.#leaseMs;
    return true;
  }

  /** By the newest leader alone. */
  guard(epoch: number, guardianship: Guardianship): boolean {
    if (epoch !== this.epoch || guardianship.epoch < (this.guardianship?.epoch ?? 0)) return false;
    this.guardianship = guardianship;
    return true;
  }

  get taken(): Taken {
    return this.batches.at(-1)?.taken ?? { submissions: 0, wishes: 0 };
  }

  append(batch: Batch): boolean {
    if (this.#fences && batch.epoch !== this.epoch) return false;
    this.batches.push(batch);
    this.length += batch.events.length;
    this.#committed(batch);
    return true;
  }
}
