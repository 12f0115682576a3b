/** Which volumes come to this host as they are read, and how: those that are large, where the host can mount them. */
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@cellbook/shared/clock.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { orAbsent } from '../live/errno.ts';
import { filesRoot } from '../tree/volume-root.ts';
import type { VolumePointer } from '../volume-pointer.ts';
import { canNameLayers, LazyMount, treeName, unmountLazy } from './lazy-mount.ts';
import { LowerTree } from './lower-tree.ts';
import { VolumeChunks } from './volume-chunks.ts';

export interface LazyVolumesParts {
  /** For chunks that have come; beside the homes, since what is fetched is not the user's to pay for. */
  directory: string;
  /** Smaller ones are brought whole. */
  aboveBytes: number;
  log: Logger;
  clock: Clock;
}

export class LazyVolumes {
  readonly #parts: LazyVolumesParts;

  constructor(parts: LazyVolumesParts) {
    this.#parts = parts;
  }

  /** Null where it is to be brought whole: it is small, or this host cannot mount it. */
  async open(home: string, pointer: VolumePointer, signal: AbortSignal): Promise<LazyMount | null> {
    const { aboveBytes, log } = this.#parts;
    const { workspaceId, root } = pointer.row;
    const tree = await this.#load(pointer, root, signal);
    if (tree.fileBytes < aboveBytes || !canNameLayers(home)) {
      await takeOff(home);
      return null;
    }
    await rm(join(home, treeName), { recursive: true, force: true });
    try {
      return await this.#mount(home, pointer, tree, { fresh: true });
    } catch (error) {
      log.warn(
        { err: error, workspaceId },
        'this host cannot mount a volume that comes as it is read; it is brought whole',
      );
      await takeOff(home);
      return null;
    }
  }

  /** As an earlier daemon left it: what code has written lies above the tree of then. */
  async reopen(home: string, pointer: VolumePointer, root: string | null): Promise<LazyMount> {
    const tree = await this.#load(pointer, root, never);
    return this.#mount(home, pointer, tree, { fresh: false });
  }

  async #load(pointer: VolumePointer, root: string | null, signal: AbortSignal): Promise<LowerTree> {
    return LowerTree.load(pointer.objects, await filesRoot(pointer.objects, root), treeName, signal);
  }

  async #mount(
    home: string,
    pointer: VolumePointer,
    tree: LowerTree,
    options: { fresh: boolean },
  ): Promise<LazyMount> {
    const directory = this.#chunksOf(pointer.row.workspaceId);
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const { log, clock } = this.#parts;
    const chunks = new VolumeChunks(pointer.objects, directory, clock);
    try {
      return await LazyMount.open(home, { tree, chunks, log }, options);
    } catch (error) {
      await chunks.close();
      throw error;
    }
  }

  /** Whatever lies on this host of it beside its home. Before the home is released. Idempotent. */
  async remove(home: string, workspaceId: WorkspaceId): Promise<void> {
    await takeOff(home);
    await rm(this.#chunksOf(workspaceId), { recursive: true, force: true });
  }

  #chunksOf(workspaceId: WorkspaceId): string {
    return join(this.#parts.directory, workspaceId);
  }
}

const never = new AbortController().signal;

async function takeOff(home: string): Promise<void> {
  const lazy = join(home, 'lazy');
  if (!(await orAbsent(stat(lazy)))) return;
  await unmountLazy(home);
  await rm(lazy, { recursive: true, force: true });
}
