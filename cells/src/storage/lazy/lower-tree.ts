/**
 * The stored tree of a volume, as it was when it came to this host, as nodes that a file system can speak of by
 * number. It never changes: what code changes lies above it (lazy-mount.ts). A file that is still the stored one is
 * told by its stat, with an inode above every number that a disk's file system gives: so whatever path it is found
 * at, its content is known without reading it.
 */
import type { BigIntStats } from 'node:fs';
import { limits } from '@cellbook/shared/limits.ts';
import { type Stamp, sameStamp, stampOf } from '../live/live-index.ts';
import {
  type Entries,
  type Entry,
  type FileEntry,
  type LinkEntry,
  noEntries,
  type StoredDirectory,
} from '../tree/entry.ts';
import { nameToBytes } from '../tree/name.ts';
import { Semaphore } from '../tree/semaphore.ts';
import type { VolumeObjects } from '../tree/volume-objects.ts';

export interface LowerNode {
  /** What the kernel calls it; 1 is the root. */
  id: bigint;
  parent: bigint;
  entry: Entry;
  children: Map<string, LowerNode> | null;
}

const noEntriesOfAny: ReadonlyMap<string, Entries> = new Map();

/** Above every inode number of a disk's file system, and within what Linux's tools take. */
const inodeBase = 1n << 52n;
export const inodeOf = ({ id }: LowerNode): bigint => inodeBase + id;

export class LowerTree {
  /** By id less one. */
  readonly #nodes: LowerNode[] = [];
  #fileBytes = 0;
  #files = 0;

  private constructor() {}

  /**
   * Reads all directories, many at a time, and those of a tree that turns out to have many all at once where they are
   * stored so; `name` is what the tree is called in the root.
   */
  static async load(
    objects: VolumeObjects,
    tree: StoredDirectory,
    name: string,
    signal: AbortSignal,
  ): Promise<LowerTree> {
    const lower = new LowerTree();
    const root = lower.#add({ ...tree, sha256: null }, 1n);
    const top = lower.#add(tree, root.id);
    root.children?.set(name, top);
    const turns = new Semaphore(limits.storage.lazy.directoriesInFlight);
    let [seen, pack]: [number, Promise<ReadonlyMap<string, Entries>> | null] = [0, null];
    const read = async (sha256: string | null): Promise<Entries> => {
      const known = sha256 === null ? noEntries : ((await pack)?.get(sha256) ?? null);
      return known ?? turns.run(() => objects.getDirectory(sha256, signal));
    };
    const fill = async (node: LowerNode): Promise<void> => {
      if (node.entry.type !== 'directory') return;
      const entries = await read(node.entry.sha256);
      const folders: LowerNode[] = [];
      for (const [childName, entry] of entries) {
        const child = lower.#add(entry, node.id);
        node.children?.set(childName, child);
        if (entry.type === 'directory') folders.push(child);
      }
      seen += folders.length;
      if (seen >= limits.storage.packs.directoriesMin && tree.sha256 !== null)
        pack ??= objects.getPack(tree.sha256, signal).catch(() => noEntriesOfAny);
      await Promise.all(folders.map(fill));
    };
    await fill(top);
    return lower;
  }

  get root(): LowerNode {
    const [root] = this.#nodes;
    if (!root) throw new Error('a tree has a root');
    return root;
  }

  /** Of all files, as long as they say they are. */
  get fileBytes(): number {
    return this.#fileBytes;
  }

  get files(): number {
    return this.#files;
  }

  node(id: bigint): LowerNode | undefined {
    return this.#nodes[Number(id) - 1];
  }

  nodes(): Iterable<LowerNode> {
    return this.#nodes;
  }

  /**
   * The stored entry of a file or link that is still the stored one. One that was changed keeps its inode, but no
   * change leaves it the time of change that a stored one shows: that of its creation.
   */
  leafOf(stats: BigIntStats): FileEntry | LinkEntry | null {
    if (stats.ino <= inodeBase || stats.isDirectory()) return null;
    const node = this.node(stats.ino - inodeBase);
    if (!node || node.entry.type === 'directory') return null;
    return sameStamp(stampOfStored(node, node.entry), stampOf(stats)) ? node.entry : null;
  }

  #add(entry: Entry, parent: bigint): LowerNode {
    const id = BigInt(this.#nodes.length + 1);
    const node = { id, parent, entry, children: entry.type === 'directory' ? new Map() : null };
    this.#nodes.push(node);
    if (entry.type === 'file') {
      this.#fileBytes += entry.size;
      this.#files += 1;
    }
    return node;
  }
}

/** How a stored file shows itself through the mount, so that a scan knows it without asking. */
export const stampOfStored = (node: LowerNode, entry: FileEntry | LinkEntry): Stamp => ({
  inode: inodeOf(node),
  size: BigInt(sizeOf(entry)),
  mtimeNs: BigInt(entry.mtimeNs),
  ctimeNs: BigInt(entry.createdNs),
  mode: entry.mode,
});

export function sizeOf(entry: Entry): number {
  if (entry.type === 'file') return entry.size;
  return entry.type === 'link' ? nameToBytes(entry.target).length : 4_096;
}
