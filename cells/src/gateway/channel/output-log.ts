/**
 * What a kernel said that some client has not had yet, by sequence number. Bounded by count and bytes per
 * kernel and, through one budget, over all kernels of the cell. When a bound is met the oldest go first;
 * whoever still needed them is told how many (replay.ts).
 */
import { limits } from '@cellbook/shared/limits.ts';
import type { V1Frame } from '../frames/v1-frame.ts';

export interface LogEntry {
  readonly frame: V1Frame;
  /** The client session this answers; null is for everyone (iopub). */
  readonly target: string | null;
}

/** Bytes held by all logs of the process. */
export interface LogBudget {
  usedBytes: number;
  readonly bytesMax: number;
}

export interface LogBounds {
  messagesMax: number;
  bytesMax: number;
  bytesFloor: number;
}

const defaultBounds: LogBounds = {
  messagesMax: limits.gateway.outputLogMessagesMax,
  bytesMax: limits.gateway.outputLogBytesMax,
  bytesFloor: limits.gateway.outputLogBytesFloor,
};

export class OutputLog {
  #entries: LogEntry[] = [];
  /** Entries before this index of #entries are gone; it is compacted now and then. */
  #head = 0;
  #startSeq = 0;
  #bytes = 0;
  readonly #budget: LogBudget;
  readonly #bounds: LogBounds;

  constructor(budget: LogBudget, bounds: LogBounds = defaultBounds) {
    this.#budget = budget;
    this.#bounds = bounds;
  }

  /** Sequence number of the oldest entry kept. */
  get startSeq(): number {
    return this.#startSeq;
  }

  /** Sequence number the next entry will get. */
  get endSeq(): number {
    return this.#startSeq + this.#entries.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  append(entry: LogEntry): void {
    this.#entries.push(entry);
    this.#count(entry.frame.bytes.length);
    while (this.#isOverBounds()) this.#dropOldest();
  }

  at(seq: number): LogEntry | undefined {
    return this.#entries[this.#head + seq - this.#startSeq];
  }

  /** Forgets what everyone has had: all entries before `seq`. */
  trimBefore(seq: number): void {
    while (this.#startSeq < seq && this.#head < this.#entries.length) this.#dropOldest();
  }

  clear(): void {
    this.trimBefore(this.endSeq);
  }

  #isOverBounds(): boolean {
    const length = this.#entries.length - this.#head;
    if (length <= 1) return false;
    if (length > this.#bounds.messagesMax || this.#bytes > this.#bounds.bytesMax) return true;
    return this.#budget.usedBytes > this.#budget.bytesMax && this.#bytes > this.#bounds.bytesFloor;
  }

  #dropOldest(): void {
    this.#count(-this.#entries[this.#head]!.frame.bytes.length);
    this.#head += 1;
    this.#startSeq += 1;
    if (this.#head < 64 || this.#head * 2 < this.#entries.length) {
      if (this.#head < this.#entries.length) return;
    }
    this.#entries = this.#entries.slice(this.#head);
    this.#head = 0;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#budget.usedBytes += bytes;
  }
}
