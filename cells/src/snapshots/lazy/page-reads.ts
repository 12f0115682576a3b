/**
 * The reads of one file that are not answered yet, and which come next: pure. Whoever restores reads the file from
 * its beginning to its end in the background, with many reads on their way, and elsewhere what somebody waits for:
 * that comes first.
 */
import { limits } from '@cellbook/shared/limits.ts';

export interface PageRead {
  unique: bigint;
  offset: number;
  bytes: number;
}

/** Chunks that lie one after the other, and the reads that they answer. */
export interface PageUnit {
  firstChunk: number;
  lastChunk: number;
  reads: PageRead[];
}

/** What a reader has on its way at once comes in any order; what is read further ahead than this is wanted by somebody. */
const { soughtAheadBytes, soughtMax } = limits.snapshots;

export class PageReads {
  readonly #strideBytes: number;
  readonly #chunksMax: number;
  #waited: PageRead[] = [];
  #inOrder: PageRead[] = [];
  #orderedTo = 0;
  /** Beginnings of what was read ahead of the order, with their ends. */
  readonly #ahead = new Map<number, number>();
  readonly #sought = new Set<number>();

  /** @param strideBytes what each chunk but the last holds @param chunksMax of what is read in order, at once */
  constructor(strideBytes: number, chunksMax: number) {
    this.#strideBytes = strideBytes;
    this.#chunksMax = chunksMax;
  }

  get count(): number {
    return this.#waited.length + this.#inOrder.length;
  }

  add(read: PageRead): void {
    if (read.offset === this.#orderedTo) {
      this.#inOrder.push(read);
      this.#orderedTo += read.bytes;
    } else {
      this.#waited.push(read);
      this.#note(read);
      this.#ahead.set(read.offset, read.offset + read.bytes);
    }
    for (let end = this.#ahead.get(this.#orderedTo); end; end = this.#ahead.get(this.#orderedTo)) {
      this.#ahead.delete(this.#orderedTo);
      this.#orderedTo = end;
    }
  }

  /** Chunks that somebody wanted long before their turn, in that order, as many as are noted. */
  get sought(): number[] {
    return [...this.#sought];
  }

  /** Whether somebody waits for what comes next. */
  get isWaited(): boolean {
    return this.#waited.length > 0;
  }

  /** The next one's chunks, with every other read that they answer; of what is read in order many chunks at once. */
  next(): PageUnit | null {
    const first = this.#waited[0] ?? this.#inOrder[0];
    if (!first) return null;
    const firstChunk = this.#chunksOf(first).firstChunk;
    const lastChunk = this.isWaited ? this.#chunksOf(first).lastChunk : this.#lastInOrder(firstChunk);
    const isWithin = (read: PageRead) => {
      const chunks = this.#chunksOf(read);
      return chunks.firstChunk >= firstChunk && chunks.lastChunk <= lastChunk;
    };
    const reads = [...this.#waited, ...this.#inOrder].filter(isWithin);
    this.#waited = this.#waited.filter((read) => !isWithin(read));
    this.#inOrder = this.#inOrder.filter((read) => !isWithin(read));
    return { firstChunk, lastChunk, reads };
  }

  #note(read: PageRead): void {
    if (read.offset - this.#orderedTo < soughtAheadBytes) return;
    const { firstChunk, lastChunk } = this.#chunksOf(read);
    for (let chunk = firstChunk; chunk <= lastChunk && this.#sought.size < soughtMax; chunk++)
      this.#sought.add(chunk);
  }

  #lastInOrder(firstChunk: number): number {
    let last = firstChunk;
    for (const read of this.#inOrder) {
      const { lastChunk } = this.#chunksOf(read);
      if (lastChunk !== last && read !== this.#inOrder[0] && lastChunk - firstChunk >= this.#chunksMax) break;
      last = Math.max(last, lastChunk);
    }
    return last;
  }

  #chunksOf({ offset, bytes }: PageRead): Pick<PageUnit, 'firstChunk' | 'lastChunk'> {
    const [firstChunk, lastChunk] = [offset, offset + bytes - 1].map((at) =>
      Math.floor(at / this.#strideBytes),
    );
    return { firstChunk: firstChunk ?? 0, lastChunk: lastChunk ?? 0 };
  }
}
