/**
 * Images in the clear, for whoever is about to restore one. What lies here and is not too large is opened whole, into
 * memory; larger files, and those that are fetched, are opened as they are read (lazy/), by a file that stands for them.
 * One may be opened ahead of whoever wants it, beside what he waits for first:
 *
 *     nothing ──ahead──▶ opening ──▶ open ──take──▶ somebody's ──close──▶ nothing
 *                           └───────────┴──nobody took it in time, the host ends──▶ nothing
 *
 * Who has read what he wanted leaves it (`leave`): its memory is given back a while later, or when another is opened.
 *
 * Each opening ahead comes to one end, and is counted by it: `taken`, `expired`, `unwanted` (its image or its host goes,
 * or who waited for it has gone), `refused` (no room, or too large), `failed` (it does not open).
 */
import { join } from 'node:path';
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import type { SandboxId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { Sources } from './chunk-source.ts';
import type { FetchingAhead } from './fetching-ahead.ts';
import type { KeptImage } from './image-shelf.ts';
import type { LazyFiles } from './lazy/lazy-files.ts';
import { bytesOf } from './lazy/lazy-image.ts';
import type { ImageFile, ImageManifest } from './manifest.ts';
import { putTogether } from './pieces.ts';
import type { Scratch } from './scratch.ts';
import type { SealingThreads } from './sealing-threads.ts';
import { serveLarge } from './serving-large.ts';
import type { WorkingSets } from './working-set.ts';

export interface OpeningImagesParts {
  scratch: Scratch;
  threads: SealingThreads;
  random: Random;
  clock: Clock;
  log: Pick<Logger, 'warn'>;
  metrics: Metrics;
  /** Null where files cannot be served as they are read. */
  lazy: LazyFiles | null;
  /** Throws where the image does not open, or where a piece of it is missing. */
  manifestOf(image: KeptImage, signal: AbortSignal): Promise<Pick<ImageManifest, 'files' | 'readFirst'>>;
  /** @param scratch where fetched chunks may lie */
  sourcesOf(image: KeptImage, scratch: string): Sources;
  remote: FetchingAhead['remote'];
  workingSets: WorkingSets;
  /** Keeps the image from being removed, until what it gives is called. */
  readBy(of: SandboxId): () => Promise<void>;
}

export interface OpenedImage {
  directory: string;
  /** Who has files of it open reads on. Not awaited: nobody waits for its end. */
  close(): void;
  /** Closes it a while later, when who came back does not wait any more: giving memory back takes a processor from him. */
  leave(): void;
}

/** `whole`: or not at all. `served`: as it is read where it is large. */
type How = 'whole' | 'served';

type AheadEnd = 'taken' | 'expired' | 'unwanted' | 'refused' | 'failed';

class NoRoom extends Error {}

interface Ahead {
  key: Uint8Array;
  opened: Promise<OpenedImage | null>;
  /** Nobody wants it any more: what is under way stops at its next piece. */
  unwanted: AbortController;
  timer: Timer;
  /** The first one counts. */
  end(how: AheadEnd): void;
}

export class OpeningImages {
  readonly #parts: OpeningImagesParts;
  readonly #ahead = new Map<SandboxId, Ahead>();
  /** Closes each that was left and is not closed yet. */
  readonly #left = new Set<() => void>();
  readonly #ends;
  #isClosed = false;
  #wholeBytes = 0;

  constructor(parts: OpeningImagesParts) {
    this.#parts = parts;
    this.#ends = parts.metrics.counter(
      'cellbook_host_images_opened_ahead_total',
      'Images of memory opened ahead of the start that wants them, by what came of it.',
      ['outcome'],
    );
  }

  /** Of an image that is here and can be opened whole: of others there is nothing to be done ahead. Idempotent. */
  ahead(image: KeptImage): void {
    const { of, key } = image;
    if (this.#isClosed || this.#ahead.has(of)) return;
    const end = this.#endOnce();
    if (this.#ahead.size >= limits.snapshots.aheadMax) return void end('refused');
    const unwanted = new AbortController();
    // Why it does not open is told to whoever reads it.
    const opened = this.#open(image, 'whole', unwanted.signal).catch((error: unknown) => {
      end(error instanceof NoRoom ? 'refused' : 'failed');
      return null;
    });
    const timer = this.#parts.clock.setTimer(limits.snapshots.aheadMs, () => void this.drop(of, 'expired'));
    this.#ahead.set(of, { key, opened, unwanted, timer, end });
  }

  /**
   * What was opened ahead with this key, for as long as the signal waits for it; null where there is none, or it did
   * not open. From now on it is the taker's.
   */
  async take({ of, key, remoteOf }: KeptImage, signal: AbortSignal): Promise<OpenedImage | null> {
    const ahead = this.#ahead.get(of);
    if (!ahead || remoteOf || Buffer.compare(ahead.key, key) !== 0) return null;
    this.#ahead.delete(of);
    ahead.timer.cancel();
    const stop = () => {
      ahead.end('unwanted');
      ahead.unwanted.abort();
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    const opened = await ahead.opened;
    signal.removeEventListener('abort', stop);
    if (opened) ahead.end('taken');
    return opened;
  }

  /** Whole where it fits; where that fails it may still be opened as it is read. */
  async open(image: KeptImage, signal: AbortSignal): Promise<OpenedImage> {
    // Where nothing is served, that too is opened whole.
    if (this.#parts.lazy === null || image.remoteOf) return this.#open(image, 'served', signal);
    try {
      return await this.#open(image, 'whole', signal);
    } catch {
      signal.throwIfAborted();
      return this.#open(image, 'served', signal);
    }
  }

  async #open(image: KeptImage, how: How, signal: AbortSignal): Promise<OpenedImage> {
    const { scratch, threads, log, lazy } = this.#parts;
    const { of, key } = image;
    this.#closeLeft();
    const readNoMore = this.#parts.readBy(of);
    const { directory, remove } = await scratch.make().catch(async (error: unknown) => {
      await readNoMore();
      throw error;
    });
    let endServing = async (): Promise<void> => undefined;
    let wholeBytes = 0;
    const uncount = () => {
      this.#wholeBytes -= wholeBytes;
      wholeBytes = 0;
    };
    const finish = async () => {
      await endServing();
      await remove().finally(() => {
        uncount();
        return readNoMore();
      });
    };
    const close = () =>
      void finish().catch((error: unknown) =>
        log.warn({ err: error, sandboxId: of }, 'what was read of an image was not removed'),
      );
    try {
      const manifest = await this.#parts.manifestOf(image, signal);
      const to = join(directory, 'image');
      const sources = this.#parts.sourcesOf(image, join(directory, 'fetched'));
      if (how === 'whole' && !(await this.#fits(sumOf(manifest.files))))
        throw new NoRoom('it is not opened whole: it is too large, or there is no room');
      let whole: readonly ImageFile[] = manifest.files;
      if (how === 'served' && lazy !== null) {
        const served = await serveLarge({ ...this.#parts, lazy }, image, manifest, {
          sources,
          to,
          scratch: directory,
        });
        ({ whole, end: endServing } = served);
      }
      wholeBytes = sumOf(whole);
      this.#wholeBytes += wholeBytes;
      await putTogether({ threads, of, key, from: sources[0], to }, whole, signal);
      const leave = () => {
        // Whether there is room for another is seen from what is free.
        uncount();
        this.#leave(close);
      };
      return { directory: to, close, leave: how === 'whole' ? leave : close };
    } catch (error) {
      close();
      throw error;
    }
  }

  /** Lets go what was opened ahead, or is being opened; whoever has taken one keeps it. Never rejects. */
  async drop(of: SandboxId, how: AheadEnd = 'unwanted'): Promise<void> {
    const ahead = this.#ahead.get(of);
    ahead?.end(how);
    this.#ahead.delete(of);
    ahead?.timer.cancel();
    ahead?.unwanted.abort();
    (await ahead?.opened)?.close();
  }

  #leave(close: () => void): void {
    if (this.#isClosed) {
      close();
      return;
    }
    const closeNow = () => {
      timer.cancel();
      this.#left.delete(closeNow);
      close();
    };
    const timer = this.#parts.clock.setTimer(limits.snapshots.giveBackMs, closeNow);
    this.#left.add(closeNow);
  }

  #closeLeft(): void {
    for (const closeNow of this.#left) closeNow();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#closeLeft();
    await Promise.all([...this.#ahead.keys()].map((of) => this.drop(of)));
  }

  #endOnce(): (how: AheadEnd) => void {
    let isOver = false;
    return (how) => {
      if (!isOver) this.#ends.inc({ outcome: how });
      isOver = true;
    };
  }

  /** Those that are being written want room in the same memory, and to be without it costs somebody what he has there. */
  async #fits(bytes: number): Promise<boolean> {
    const { wholeBytesMax, wholeBytesAtOnce } = limits.snapshots;
    if (bytes > wholeBytesMax) return false;
    const freeBytes = await this.#parts.scratch.freeBytes();
    const atOnce = this.#wholeBytes + bytes;
    return atOnce <= wholeBytesAtOnce && atOnce + wholeBytesMax <= freeBytes;
  }
}

const sumOf = (files: readonly ImageFile[]): number => files.reduce((sum, file) => sum + bytesOf(file), 0);
