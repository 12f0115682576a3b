/**
 * The bytes of stored files, fetched when they are asked for: each chunk once, however many wait for it, then kept
 * on this host's disk for as long as the volume is here. Whoever reads a file in order finds the next chunks
 * under way. What nobody has asked for yet is fetched behind it (`fetchRest`), and gives way to what somebody waits for.
 *
 *     read ──▶ memory ──▶ disk ──▶ store ──▶ checked, kept ──▶ whoever waits
 */
import { readFile, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { FileEntry, Run } from '../tree/entry.ts';
import { runsOf } from '../tree/file-content.ts';
import { eachAtMost, Semaphore } from '../tree/semaphore.ts';
import { sha256Of, type VolumeObjects } from '../tree/volume-objects.ts';

const { ahead, memoryBytesMax, restInFlight, writesInFlight, writesWaitingMax } = limits.storage.lazy;
const { bringMsMax, diskHeadroomBytesMin } = limits.storage.lazy;

/** The runs of a file, and where each begins. */
interface Layout {
  runs: readonly Run[];
  starts: Float64Array;
}

export class VolumeChunks {
  readonly #objects: VolumeObjects;
  /** It exists. Null: nothing is kept on disk. */
  readonly #directory: string | null;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  readonly #coming = new Map<string, Promise<Buffer>>();
  /** The latest last. */
  readonly #held = new Map<string, Buffer>();
  #heldBytes = 0;
  readonly #onDisk = new Set<string>();
  readonly #writing = new Semaphore(writesInFlight);
  readonly #writes = new Set<Promise<void>>();
  readonly #layouts = new WeakMap<FileEntry, Promise<Layout | Buffer>>();
  #waiting = 0;
  #quiet: (() => void)[] = [];
  #fetchedBytes = 0;

  constructor(objects: VolumeObjects, directory: string | null, clock: Clock) {
    this.#objects = objects;
    this.#directory = directory;
    this.#clock = clock;
  }

  /** What has come from the store. */
  get fetchedBytes(): number {
    return this.#fetchedBytes;
  }

  /** Up to `length` bytes from `offset` on; fewer only at the end of the file. */
  async read(file: FileEntry, offset: number, length: number): Promise<Buffer> {
    this.#waiting += 1;
    try {
      return await this.#read(file, offset, Math.min(length, file.size - offset));
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0) for (const go of this.#quiet.splice(0)) go();
    }
  }

  /** Fetches what has not come yet, file by file in the order given. Ends early where the disk is full. */
  async fetchRest(files: readonly FileEntry[]): Promise<void> {
    await eachAtMost(restInFlight, this.#rest(files), async (fetch) => {
      await this.#untilQuiet();
      await fetch();
    });
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error('the files were given back'));
    for (const go of this.#quiet.splice(0)) go();
    await Promise.allSettled(this.#coming.values());
    await Promise.allSettled(this.#writes);
    if (this.#directory) await rm(this.#directory, { recursive: true, force: true });
  }

  async #read(file: FileEntry, offset: number, length: number): Promise<Buffer> {
    if (length <= 0) return Buffer.alloc(0);
    const layout = await this.#layoutOf(file);
    if (Buffer.isBuffer(layout)) return layout.subarray(offset, offset + length);
    const answer = Buffer.alloc(length);
    const first = runAt(layout, offset);
    let next = first;
    const parts: Promise<void>[] = [];
    for (; next < layout.runs.length && startOf(layout, next) < offset + length; next++) {
      const [sha256] = layout.runs[next] ?? [null];
      const start = startOf(layout, next);
      const copy = (chunk: Buffer) =>
        void chunk.copy(
          answer,
          Math.max(0, start - offset),
          Math.max(0, offset - start),
          offset + length - start,
        );
      if (sha256 !== null) parts.push(this.#chunk(sha256).then(copy));
    }
    // Behind the first bytes of a file nobody knows yet whether it is read in order.
    if (offset > 0) this.#fetchAhead(layout, next);
    await Promise.all(parts);
    return answer;
  }

  #fetchAhead({ runs }: Layout, from: number): void {
    for (const [sha256] of runs.slice(from, from + ahead))
      if (sha256 !== null) void this.#chunk(sha256).catch(() => undefined);
  }

  #layoutOf(file: FileEntry): Promise<Layout | Buffer> {
    const known = this.#layouts.get(file);
    if (known) return known;
    const layout = runsOf(this.#objects, file.content, this.#stop.signal).then((runs) =>
      Buffer.isBuffer(runs) ? runs : layOut(runs),
    );
    this.#layouts.set(file, layout);
    layout.catch(() => this.#layouts.delete(file));
    return layout;
  }

  #chunk(sha256: string): Promise<Buffer> {
    const held = this.#held.get(sha256);
    if (held) {
      this.#held.delete(sha256);
      this.#held.set(sha256, held);
      return Promise.resolve(held);
    }
    const coming = this.#coming.get(sha256);
    if (coming) return coming;
    const bring = this.#bring(sha256).finally(() => this.#coming.delete(sha256));
    this.#coming.set(sha256, bring);
    return bring;
  }

  async #bring(sha256: string): Promise<Buffer> {
    const details = { code: 'store_unavailable', doing: 'bringing bytes of a file' } as const;
    const { chunk, isNew } = await withDeadline(
      this.#clock,
      bringMsMax,
      details,
      (signal) => this.#find(sha256, signal),
      this.#stop.signal,
    );
    this.#hold(sha256, chunk);
    if (!isNew) return chunk;
    this.#fetchedBytes += chunk.length;
    // A disk that is slower than the store: what it has no turn for is fetched again when it is asked for again.
    if (this.#writes.size >= writesWaitingMax) return chunk;
    const write: Promise<void> = this.#keep(sha256, chunk)
      .catch(() => undefined)
      .then(() => void this.#writes.delete(write));
    this.#writes.add(write);
    return chunk;
  }

  /** What lies on the disk is believed only if it is what it is called. */
  async #find(sha256: string, signal: AbortSignal): Promise<{ chunk: Buffer; isNew: boolean }> {
    if (this.#onDisk.has(sha256)) {
      const chunk = await readFile(this.#pathOf(sha256), { signal }).catch(() => null);
      if (chunk && sha256Of(chunk) === sha256) return { chunk, isNew: false };
      this.#onDisk.delete(sha256);
    }
    return { chunk: await this.#objects.getChunk(sha256, signal), isNew: true };
  }

  #hold(sha256: string, chunk: Buffer): void {
    this.#held.set(sha256, chunk);
    this.#heldBytes += chunk.length;
    for (const [oldest, bytes] of this.#held) {
      if (this.#heldBytes <= memoryBytesMax) return;
      this.#held.delete(oldest);
      this.#heldBytes -= bytes.length;
    }
  }

  /** A chunk that cannot be kept is fetched again when it is asked for again. */
  #keep(sha256: string, chunk: Buffer): Promise<void> {
    return this.#writing.run(async () => {
      if (this.#directory === null || this.#stop.signal.aborted || !(await this.#hasRoom())) return;
      const path = this.#pathOf(sha256);
      await writeFile(`${path}.part`, chunk, { mode: 0o600 });
      await rename(`${path}.part`, path);
      this.#onDisk.add(sha256);
    });
  }

  async #hasRoom(): Promise<boolean> {
    const { bavail, bsize } = await statfs(this.#directory ?? '.');
    return bavail * bsize >= diskHeadroomBytesMin;
  }

  *#rest(files: readonly FileEntry[]): Generator<() => Promise<void>> {
    for (const file of files) {
      if (this.#stop.signal.aborted) return;
      const { content } = file;
      if (content.in === 'line') continue;
      if (content.in === 'runs') for (const [sha256] of content.runs) yield () => this.#fetch(sha256);
      else
        yield async () => {
          const layout = await this.#layoutOf(file);
          if (Buffer.isBuffer(layout)) return;
          for (const [sha256] of layout.runs) await this.#untilQuiet().then(() => this.#fetch(sha256));
        };
    }
  }

  async #fetch(sha256: string | null): Promise<void> {
    this.#stop.signal.throwIfAborted();
    if (sha256 === null || this.#onDisk.has(sha256) || this.#held.has(sha256)) return;
    if (this.#directory === null || !(await this.#hasRoom()))
      throw new Error('there is no room to fetch ahead');
    // What nobody waits for is fetched to be kept.
    while (this.#writes.size >= writesWaitingMax) await Promise.race(this.#writes);
    await this.#chunk(sha256);
  }

  async #untilQuiet(): Promise<void> {
    while (this.#waiting > 0 && !this.#stop.signal.aborted)
      await new Promise<void>((resolve) => this.#quiet.push(resolve));
  }

  #pathOf(sha256: string): string {
    return join(this.#directory ?? '', sha256);
  }
}

function layOut(runs: readonly Run[]): Layout {
  const starts = new Float64Array(runs.length);
  let at = 0;
  for (const [index, [, bytes]] of runs.entries()) {
    starts[index] = at;
    at += bytes;
  }
  return { runs, starts };
}

const startOf = ({ starts }: Layout, index: number): number => starts[index] ?? 0;

/** The run that holds a byte: by halves, since a file of 20 GB has 20,000. */
function runAt({ starts }: Layout, offset: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
