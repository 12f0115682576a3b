/**
 * Finds the place that a path names in a live tree, with links resolved by hand: a link's target is walked
 * like the path itself, an absolute target counts only below the home as the sandbox sees it, and a target
 * that leads out, or too many of them, is refused. What is found is a directory held open and a name in it.
 */
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { homePath } from '../../sandbox/driver.ts';
import type { TreePath } from '../file-tree.ts';
import { linkTarget, openDirectory, type Place, statOf } from './beneath.ts';
import { fromErrno, showPath } from './errno.ts';
import { treeCall } from './tree-call.ts';

export interface Located {
  /** The path without links. */
  path: TreePath;
  /** Null for the root itself. */
  place: Place | null;
  /** What is there; null when nothing is. */
  stats: BigIntStats | null;
}

/**
 * Runs `work` where `path` leads. The last name's link is followed unless `keepLink`. A missing or wrong
 * directory on the way is `not_found`.
 */
export async function locate<T>(
  root: FileHandle,
  path: TreePath,
  work: (located: Located) => Promise<T>,
  { keepLink = false }: { keepLink?: boolean } = {},
): Promise<T> {
  const walk = new Walk(root, path);
  try {
    return await work(await walk.finish(keepLink));
  } catch (error) {
    throw fromErrno(error, 'opening', path);
  } finally {
    await walk.close();
  }
}

class Walk {
  readonly #root: FileHandle;
  readonly #asked: TreePath;
  readonly #stack: { name: string; handle: FileHandle }[] = [];
  #rest: string[];
  #hops = 0;

  constructor(root: FileHandle, path: TreePath) {
    this.#root = root;
    this.#asked = path;
    this.#rest = [...path];
  }

  async finish(keepLink: boolean): Promise<Located> {
    for (let name = this.#rest.shift(); name !== undefined; name = this.#rest.shift()) {
      if (name === '' || name === '.') continue;
      if (name === '..') {
        await this.#up();
        continue;
      }
      const place = { directory: this.#here(), name };
      const isLast = this.#rest.length === 0;
      const stats = await statOf(place);
      if (stats?.isSymbolicLink() && !(isLast && keepLink)) await this.#follow(place);
      else if (isLast) return { path: [...this.#names(), name], place, stats };
      else this.#stack.push({ name, handle: await openDirectory(place) });
    }
    return this.#directoryItself();
  }

  async close(): Promise<void> {
    for (const { handle } of this.#stack) await handle.close();
    this.#stack.length = 0;
  }

  #here(): FileHandle {
    return this.#stack.at(-1)?.handle ?? this.#root;
  }

  #names(): string[] {
    return this.#stack.map(({ name }) => name);
  }

  /** The path ended in a directory that is already open (the root, or a link to `.` or `..`). */
  async #directoryItself(): Promise<Located> {
    const path = this.#names();
    const stats = await treeCall(() => this.#here().stat({ bigint: true }));
    const top = this.#stack.at(-1);
    if (!top) return { path, place: null, stats };
    const parent = this.#stack.at(-2)?.handle ?? this.#root;
    return { path, place: { directory: parent, name: top.name }, stats };
  }

  async #up(): Promise<void> {
    const left = this.#stack.pop();
    if (!left) throw this.#refusal('a symbolic link leads out of the workspace');
    await left.handle.close();
  }

  async #follow(place: Place): Promise<void> {
    if (++this.#hops > limits.storage.symlinkHopsMax) throw this.#refusal('too many symbolic links');
    const target = await linkTarget(place);
    if (target.startsWith('/')) {
      const inside = target === homePath || target.startsWith(`${homePath}/`);
      if (!inside) throw this.#refusal('a symbolic link leads out of the workspace');
      await this.close();
    }
    const names = (target.startsWith('/') ? target.slice(homePath.length) : target).split('/');
    this.#rest = [...names, ...this.#rest];
  }

  #refusal(problem: string): CellbookError {
    return new CellbookError('path_refused', { doing: `opening ${showPath(this.#asked)}`, problem });
  }
}
