/**
 * One workspace's live directory on this host, from attach to detach.
 *
 *   attach: claim the epoch → marker `filling` → materialise → index → marker `ready`
 *   sync:   scan (no lock) → lock → drop what contents touched meanwhile → commit → index
 *   flush:  a sync, then a last scan under the lock that trusts what is missing to be gone
 *
 * A host can lose the directory while it is live: somebody deletes it, a disk goes. Then it must not be taken
 * for a user who deleted everything. It shows in the directory itself (unlinked, or not at its path any
 * more), which is looked at after each scan and before each commit. The volume is then `lost`: nothing more
 * is captured, and it is served from what is stored until it is let go.
 */
import type { BigIntStats } from 'node:fs';
import { type FileHandle, stat } from 'node:fs/promises';
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { TreePath } from '../file-tree.ts';
import type { LazyMount } from '../lazy/lazy-mount.ts';
import type { FileEntry, LinkEntry } from '../tree/entry.ts';
import { Semaphore } from '../tree/semaphore.ts';
import type { TreeChange } from '../tree/tree-change.ts';
import type { VolumeObjects } from '../tree/volume-objects.ts';
import { filesRoot } from '../tree/volume-root.ts';
import type { CommitReason, VolumePointer } from '../volume-pointer.ts';
import { openRoot } from './beneath.ts';
import { orAbsent } from './errno.ts';
import { indexOf, indexOfLower, unprovenIndex } from './index-of.ts';
import { nodeAt, setNode } from './live-index.ts';
import type { LiveState } from './live-state.ts';
import { type Located, locate } from './locate.ts';
import { materialise } from './materialise.ts';
import { type Found, nothingFound, type ScanTools, scanDirectory, scanName } from './scan.ts';
import { treeCall } from './tree-call.ts';

export interface LiveVolumeParts {
  directory: string;
  pointer: VolumePointer;
  clock: Clock;
  random: Random;
  /** Runs work while nothing else changes this workspace. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
}

/** A file or link whose content is known without reading it. */
export interface StoredLeaf {
  entry: FileEntry | LinkEntry;
  objects: VolumeObjects;
}

export interface SyncReport {
  version: number;
  files: number;
  bytesRead: number;
  skipped: Found['skipped'];
}

export class LiveVolume {
  readonly directory: string;
  readonly state: LiveState;
  readonly #parts: LiveVolumeParts;
  readonly #stop = new AbortController();
  #lost = false;
  /** Scans do not overlap each other; it is taken before the lock, never the other way round. */
  readonly #oneScan = new Semaphore(1);
  readonly #oneLarge = new Semaphore(1);
  readonly #large = new Set<string>();
  #flushes = 0;
  #users = 0;
  #idle: (() => void) | null = null;

  private constructor(
    parts: LiveVolumeParts,
    root: FileHandle,
    index: LiveState['index'],
    lazy: LazyMount | null = null,
  ) {
    this.#parts = parts;
    this.directory = parts.directory;
    const { pointer, clock, random } = parts;
    const { signal } = this.#stop;
    this.state = { root, index, lazy, pointer, clock, random, signal, recorders: new Set() };
  }

  /** Makes the directory hold the stored tree, exactly. */
  static async fill(parts: LiveVolumeParts, signal: AbortSignal): Promise<LiveVolume> {
    const { objects, row } = parts.pointer;
    const root = await openRoot(parts.directory);
    try {
      const tree = await filesRoot(objects, row.root);
      await materialise({ objects, random: parts.random, signal }, root, tree);
      return new LiveVolume(parts, root, await indexOf(objects, root, tree));
    } catch (error) {
      await root.close();
      throw error;
    }
  }

  /** Over the stored tree, whose bytes are fetched as they are read. */
  static over(parts: LiveVolumeParts, lazy: LazyMount): Promise<LiveVolume> {
    return LiveVolume.#open(parts, lazy, async () => indexOfLower(lazy.parts.tree));
  }

  /** Takes over a directory that a crashed cell left behind: nothing is known of it, so all of it is read. */
  static adopt(parts: LiveVolumeParts, lazy: LazyMount | null = null): Promise<LiveVolume> {
    const { objects, row } = parts.pointer;
    const index = async () => unprovenIndex(objects, await filesRoot(objects, row.root));
    return LiveVolume.#open(parts, lazy, index);
  }

  /** What was opened and mounted for it is closed when a later step fails. */
  static async #open(
    parts: LiveVolumeParts,
    lazy: LazyMount | null,
    indexed: () => Promise<LiveState['index']>,
  ): Promise<LiveVolume> {
    let root: FileHandle | null = null;
    try {
      root = await openRoot(parts.directory);
      return new LiveVolume(parts, root, await indexed(), lazy);
    } catch (error) {
      await root?.close();
      await lazy?.close();
      throw error;
    }
  }

  get lost(): boolean {
    return this.#lost;
  }

  /**
   * Runs work that reads the directory without the lock. The directory stays open until it is done: a
   * descriptor that was closed could name another workspace's directory a moment later.
   */
  async use<T>(work: () => Promise<T>): Promise<T> {
    this.state.signal.throwIfAborted();
    this.#users++;
    try {
      return await work();
    } finally {
      if (--this.#users === 0) this.#idle?.();
    }
  }

  /** What is still as it was stored, where it comes as it is read: its bytes are had from the store. */
  storedAs(stats: BigIntStats): StoredLeaf | null {
    const entry = this.state.lazy?.parts.tree.leafOf(stats) ?? null;
    return entry && { entry, objects: this.state.pointer.objects };
  }

  /** False when the host has lost the directory. */
  isWhole(): Promise<boolean> {
    return this.use(() => this.#checkWhole());
  }

  async #checkWhole(): Promise<boolean> {
    if (this.#lost) return false;
    const held = await treeCall(() => this.state.root.stat());
    const named = await orAbsent(treeCall(() => stat(this.directory)));
    this.#lost = held.nlink === 0 || named?.ino !== held.ino;
    return !this.#lost;
  }

  /**
   * Captures what code has changed, but for large files, which are captured behind it, one at a time. Holds
   * the lock only to commit. One at a time; a second one waits.
   */
  sync(reason: CommitReason, signal: AbortSignal): Promise<SyncReport> {
    return this.#oneScan.run(async () => {
      const scan = (found: Found) => this.#scan(found, false, signal);
      const { report, found } = await this.#capture(scan, reason, signal);
      for (const path of found.large) this.#captureLarge(path, reason);
      return report;
    });
  }

  /** Resolves when no large file is being captured. */
  async largeSettled(): Promise<void> {
    while (this.#large.size > 0) await this.#oneLarge.run(async () => {});
  }

  /** Runs work that no capture may overlap (removing objects that nothing refers to yet). */
  betweenScans<T>(work: () => Promise<T>): Promise<T> {
    return this.#oneScan.run(() => this.#oneLarge.run(work));
  }

  /** Captures everything, for good. The caller holds the lock; code has stopped. */
  async flush(reason: CommitReason, signal: AbortSignal): Promise<SyncReport> {
    const found = nothingFound();
    await this.#scan(found, true, signal);
    this.#flushes++;
    return this.#commit(found, [], reason, signal);
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error('the live directory was let go'));
    const { promise: idle, resolve } = Promise.withResolvers<void>();
    this.#idle = resolve;
    if (this.#users > 0) await idle;
    await this.state.root.close();
    await this.state.lazy?.close();
  }

  #captureLarge(path: TreePath, reason: CommitReason): void {
    const key = path.join('/');
    if (this.#large.has(key)) return;
    this.#large.add(key);
    const { signal } = this.state;
    const work = this.#oneLarge.run(() =>
      this.#capture((found) => this.#scanOne(path, found), reason, signal),
    );
    // A failure is found again: the file still differs from what is stored, and the next round says so.
    void work.then(noop, noop).then(() => this.#large.delete(key));
  }

  /** Looks without the lock, commits with it, and drops what is older than what happened meanwhile. */
  async #capture(
    look: (found: Found) => Promise<void>,
    reason: CommitReason,
    signal: AbortSignal,
  ): Promise<{ report: SyncReport; found: Found }> {
    const flushes = this.#flushes;
    const touched: TreePath[] = [];
    this.state.recorders.add(touched);
    try {
      const found = nothingFound();
      await this.use(() => look(found));
      const report = await this.#parts.exclusively(() => {
        this.state.signal.throwIfAborted();
        // A flush since has seen everything later than this did.
        return this.#commit(flushes === this.#flushes ? found : nothingFound(), touched, reason, signal);
      });
      return { report, found };
    } finally {
      this.state.recorders.delete(touched);
    }
  }

  async #scan(found: Found, final: boolean, signal: AbortSignal): Promise<void> {
    if (this.#lost) return;
    const { root, index } = this.state;
    await scanDirectory(this.#tools(final, signal), root, [], index, found);
  }

  async #scanOne(path: TreePath, found: Found): Promise<void> {
    const { root, index, signal } = this.state;
    const tools = { ...this.#tools(false, signal), largerThan: Number.POSITIVE_INFINITY };
    const scan = async ({ place }: Located) => {
      if (place) await scanName(tools, place, path, nodeAt(index, path), found);
    };
    await locate(root, path, scan, { keepLink: true });
  }

  #tools(final: boolean, signal: AbortSignal): ScanTools {
    const { pointer, clock } = this.state;
    const both = AbortSignal.any([signal, this.state.signal]);
    const largerThan = final ? Number.POSITIVE_INFINITY : limits.storage.largeFileBytes;
    const lower = this.state.lazy?.parts.tree ?? null;
    return { objects: pointer.objects, clock, signal: both, final, largerThan, lower };
  }

  async #commit(
    found: Found,
    touched: readonly TreePath[],
    reason: CommitReason,
    signal: AbortSignal,
  ): Promise<SyncReport> {
    const { pointer, index } = this.state;
    const { files, bytesRead, skipped } = found;
    // Lost while it was scanned: nothing of this scan is believed.
    if (!(await this.isWhole())) return { version: pointer.row.version, files: 0, bytesRead, skipped };
    const isOlder = (path: TreePath) => touched.some((other) => related(path, other));
    const changes = found.changes.filter((change: TreeChange) => !isOlder(change.path.slice(1)));
    const version = await pointer.commit(changes, reason, signal);
    for (const { path, node } of found.updates) if (!isOlder(path)) setNode(index, path, node);
    return { version, files, bytesRead, skipped };
  }
}

const noop = () => {};

/** One is the other or lies below it. */
function related(a: TreePath, b: TreePath): boolean {
  const length = Math.min(a.length, b.length);
  for (let depth = 0; depth < length; depth++) if (a[depth] !== b[depth]) return false;
  return true;
}
