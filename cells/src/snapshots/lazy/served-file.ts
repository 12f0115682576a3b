/** One file that is opened as it is read: which reads are answered next, and how many at once. */

import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { say } from './fuse-answer.ts';
import type { FuseDevice } from './fuse-device.ts';
import { errno } from './fuse-wire.ts';
import { type PageRead, PageReads, type PageUnit } from './page-reads.ts';

export interface LazyFile {
  bytes: number;
  /** What each chunk but the last holds. */
  strideBytes: number;
  /** Chunks of a unit that nobody waits for: few, where each has to be fetched. */
  chunksAtOnce: number;
  /** Units opened at once, and how many where somebody waits for one. */
  atOnce: { inOrder: number; waited: number };
  /** Opens the unit's chunks and answers its reads; throws where it cannot: those it answered stay answered. */
  answer(unit: PageUnit, device: FuseDevice, signal: AbortSignal): Promise<void>;
  /** Told at the end: chunks that somebody wanted long before their turn. */
  sought(chunks: number[]): void;
}

export interface ServingTools {
  log: Pick<Logger, 'warn'>;
  clock: Clock;
}

export class ServedFile {
  readonly #file: LazyFile;
  readonly #tools: ServingTools;
  readonly #reads: PageReads;
  readonly #ended = new AbortController();
  readonly #released = Promise.withResolvers<void>();
  #opened = 0;
  #dropped = false;
  #working = 0;
  /** That somebody has released it may be what nobody has heard. */
  #isDoubtful = false;
  #readAtMs = 0;
  #watch: Timer | null = null;

  constructor(file: LazyFile, tools: ServingTools) {
    this.#file = file;
    this.#tools = tools;
    this.#reads = new PageReads(file.strideBytes, file.chunksAtOnce);
  }

  get bytes(): number {
    return this.#file.bytes;
  }

  get released(): Promise<void> {
    return this.#released.promise;
  }

  /** Whoever has it open reads on; it ends when nobody has. */
  drop(): void {
    this.#dropped = true;
    if (this.#opened === 0) this.end();
    else this.#watchReads();
  }

  /** Something that was asked has been heard by nobody: it may have been a release. */
  doubt(): void {
    if (this.#opened === 0) return;
    this.#isDoubtful = true;
    this.#watchReads();
  }

  open(): boolean {
    if (this.#dropped) return false;
    this.#opened += 1;
    return true;
  }

  release(): void {
    this.#opened -= 1;
    if (this.#dropped && this.#opened === 0) this.end();
  }

  end(): void {
    this.#watch?.cancel();
    if (!this.#ended.signal.aborted) this.#file.sought(this.#reads.sought);
    this.#ended.abort();
    this.#released.resolve();
  }

  read({ unique, offset, bytes }: PageRead, device: FuseDevice): void {
    this.#readAtMs = this.#tools.clock.monotonicMs();
    const within = Math.min(bytes, this.bytes - offset);
    if (within <= 0) say(device, unique, []);
    else if (this.#reads.count >= limits.snapshots.readsWaitingMax) say(device, unique, [], errno.again);
    else {
      this.#reads.add({ unique, offset, bytes: within });
      this.#pump(device);
    }
  }

  /** Whoever is given an image reads it without a pause to its end: one that nobody has read for long is nobody's. */
  #watchReads(): void {
    const { clock } = this.#tools;
    if (!this.#dropped || !this.#isDoubtful || this.#ended.signal.aborted) return;
    this.#watch?.cancel();
    this.#watch = clock.setTimer(limits.snapshots.unreadMs, () => {
      const isRead = this.#working > 0 || this.#reads.count > 0;
      if (isRead || clock.monotonicMs() - this.#readAtMs < limits.snapshots.unreadMs) this.#watchReads();
      else this.end();
    });
  }

  #pump(device: FuseDevice): void {
    const { inOrder, waited } = this.#file.atOnce;
    while (this.#working < (this.#reads.isWaited ? waited : inOrder)) {
      const unit = this.#reads.next();
      if (!unit) return;
      this.#working += 1;
      void this.#answer(unit, device);
    }
  }

  async #answer(unit: PageUnit, device: FuseDevice): Promise<void> {
    try {
      await this.#file.answer(unit, device, this.#ended.signal);
    } catch (error) {
      if (!this.#ended.signal.aborted)
        this.#tools.log.warn({ err: error }, 'pages of an image cannot be read');
      for (const { unique } of unit.reads) say(device, unique, [], errno.io);
    } finally {
      this.#working -= 1;
      this.#pump(device);
    }
  }
}
