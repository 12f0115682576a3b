/**
 * A workspace's files on a host before they have come there. Two file systems, one over the other:
 *
 *     <home>/lazy/merged   overlay: what the sandbox sees; `files` in it is its home
 *     <home>/lazy/upper    what code has written, whole files, on the workspace's own bounded file system
 *     <home>/lazy/lower    the stored tree (lower-mount.ts), read-only, its bytes fetched as they are read
 *
 * A file that is changed is first copied up whole by the kernel, so what was not fetched yet is waited for and
 * never lost; one that was not is the stored one, and a scan knows that by its inode. The daemon itself reads no
 * bytes through here: it would wait for itself.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { limits } from '@cellbook/shared/limits.ts';
import { execute } from '../../sandbox/quota/execute.ts';
import type { FuseMount } from '../../snapshots/lazy/fuse-mount.ts';
import { makeSandboxDirectory } from '../live/home-provider.ts';
import type { FileEntry } from '../tree/entry.ts';
import { Semaphore } from '../tree/semaphore.ts';
import { type LowerMountParts, mountLower } from './lower-mount.ts';

/** What the tree is called in the root of both: its removal is how a host's loss of it shows. */
export const treeName = 'files';

/**
 * What this process has the kernel copy up, one at a time: each waits in one of libuv's threads for bytes that
 * this process is to bring, which may need another of them.
 */
export const copyUps = new Semaphore(1);

const notMounted = 32;

export class LazyMount {
  readonly directory: string;
  readonly parts: LowerMountParts;
  /** Resolves when it can no longer be read though nobody has closed it: all that can be done is to open it anew. */
  readonly lost: Promise<void>;
  readonly #home: string;
  readonly #fuse: FuseMount;

  private constructor(home: string, parts: LowerMountParts, fuse: FuseMount, lost: Promise<void>) {
    this.directory = join(home, 'lazy/merged', treeName);
    this.parts = parts;
    this.#home = home;
    this.#fuse = fuse;
    this.lost = lost;
  }

  /** Over what an earlier daemon left above the tree, unless it is to be `fresh`. */
  static async open(home: string, parts: LowerMountParts, { fresh }: { fresh: boolean }): Promise<LazyMount> {
    await unmountLazy(home);
    if (fresh) await rm(join(home, 'lazy'), { recursive: true, force: true });
    for (const name of ['upper', 'work', 'lower', 'merged'])
      await makeSandboxDirectory(join(home, 'lazy', name));
    const lost = Promise.withResolvers<void>();
    const fuse = await mountLower(join(home, 'lazy/lower'), parts, () => lost.resolve());
    try {
      await mountOver(home);
      return new LazyMount(home, parts, fuse, lost.promise);
    } catch (error) {
      await fuse.close();
      throw error;
    }
  }

  /** Fetches behind what the workspace does: first what is small and was used last. */
  fetchRest(): Promise<void> {
    return this.parts.chunks.fetchRest(inOrderOfNeed(this.parts.tree.nodes()));
  }

  /** What is above the tree stays where it is. */
  async close(): Promise<void> {
    await execute(['umount', '-l', join(this.#home, 'lazy/merged')], 'unmounting files', [0, notMounted]);
    // First whoever waits for bytes is told that they do not come: an answer needs the file system that asked.
    try {
      await this.parts.chunks.close();
    } finally {
      await this.#fuse.close();
    }
  }
}

function inOrderOfNeed(nodes: Iterable<{ entry: { type: string } }>): FileEntry[] {
  const files: FileEntry[] = [];
  for (const { entry } of nodes) if (isFile(entry)) files.push(entry);
  const isLarge = ({ size }: FileEntry) => Number(size > limits.storage.lazy.smallFileBytes);
  return files.sort(
    (a, b) =>
      isLarge(a) - isLarge(b) || Number(BigInt(b.mtimeNs) / 1_000_000n - BigInt(a.mtimeNs) / 1_000_000n),
  );
}

const isFile = (entry: { type: string }): entry is FileEntry => entry.type === 'file';

/** Takes off what lies over a home, also what a killed daemon left. Idempotent. */
export async function unmountLazy(home: string): Promise<void> {
  for (const name of ['merged', 'lower'])
    await execute(['umount', '-l', join(home, 'lazy', name)], 'unmounting files', [0, 1, notMounted]);
}

async function mountOver(home: string): Promise<void> {
  const at = (name: string) => join(home, 'lazy', name);
  const layers = `lowerdir=${at('lower')},upperdir=${at('upper')},workdir=${at('work')}`;
  const options = `${layers},redirect_dir=on,index=off,metacopy=off,xino=off,nosuid,nodev,noatime`;
  await execute(
    ['mount', '-i', '-t', 'overlay', '-o', options, 'cellbook-files', at('merged')],
    'mounting files',
  );
}

/** Its paths stand in a list of options, where these would end them. */
export const canNameLayers = (home: string): boolean => !/[,:\\\s]/.test(home);
