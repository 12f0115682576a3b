/** The environments of the workspaces whose files are on this host. */
import type { BigIntStats } from 'node:fs';
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { StoredLeaf } from '../storage/live/live-volume.ts';
import type { ObjectStore } from '../storage/objects/object-store.ts';
import { DirectoryCache } from '../storage/tree/directory-cache.ts';
import { Semaphore } from '../storage/tree/semaphore.ts';
import type { EnvironmentStore } from './environment-store.ts';
import { LayerCache } from './layer-cache.ts';
import { LiveEnvironment } from './live-environment.ts';
import type { OrgObjectTools } from './org-objects.ts';

export interface HostEnvironmentsParts {
  environments: EnvironmentStore;
  objects: ObjectStore;
  /** For unpacked layers. */
  cacheDirectory: string;
  clock: Clock;
  random: Random;
  log: Logger;
  cacheBytesMax?: number;
}

/** What each live environment needs. */
export interface EnvironmentParts extends HostEnvironmentsParts {
  cache: LayerCache;
  tools: OrgObjectTools;
}

/** A live directory of files, and whether the host still has it. */
export interface LiveFiles {
  directory: string;
  isWhole(): Promise<boolean>;
  /** What is still as it was stored, and may not have come to this host. */
  storedAs?(stats: BigIntStats): StoredLeaf | null;
}

export class HostEnvironments {
  readonly #parts: EnvironmentParts;
  readonly #live = new Map<WorkspaceId, LiveEnvironment>();

  constructor(parts: HostEnvironmentsParts) {
    const { cacheDirectory: directory, random, cacheBytesMax } = parts;
    this.#parts = {
      ...parts,
      cache: new LayerCache({
        directory,
        random,
        ...(cacheBytesMax !== undefined && { bytesMax: cacheBytesMax }),
      }),
      tools: {
        store: parts.objects,
        cache: new DirectoryCache(limits.storage.directoryCacheBytesMax),
        inFlight: new Semaphore(limits.storage.chunksInFlightMax),
      },
    };
  }

  /** Puts what is stored of it into files that have just been filled. */
  async attach(workspaceId: WorkspaceId, files: LiveFiles, signal: AbortSignal): Promise<void> {
    const live = this.#begin(workspaceId, files);
    await live.attach(signal);
  }

  /** Goes on with files that a crashed process left: nothing is known of what is in them. */
  adopt(workspaceId: WorkspaceId, files: LiveFiles): void {
    this.#begin(workspaceId, files);
  }

  /** After a round of the files': stores what has come to rest. A failure is told, and comes again. */
  async look(workspaceId: WorkspaceId, epoch: number): Promise<void> {
    try {
      await this.#live.get(workspaceId)?.look(epoch);
    } catch (error) {
      const code = error instanceof CellbookError ? error.code : 'internal';
      this.#parts.log.warn(
        { workspaceId, code, err: error },
        'installed packages were not stored; they come again',
      );
    }
  }

  /** Stores what there is now; resolves when it would survive the loss of this host. */
  async flush(workspaceId: WorkspaceId, epoch: number, signal: AbortSignal): Promise<void> {
    await this.#live.get(workspaceId)?.flush(epoch, signal);
  }

  async reset(
    workspaceId: WorkspaceId,
    epoch: number,
    to: 'empty' | 'previous',
    signal: AbortSignal,
  ): Promise<void> {
    await this.#live.get(workspaceId)?.reset(epoch, to, signal);
  }

  letGo(workspaceId: WorkspaceId): void {
    this.#live.get(workspaceId)?.stop();
    this.#live.delete(workspaceId);
  }

  /** While the files are on no host. */
  async resetStored(workspaceId: WorkspaceId, to: 'empty' | 'previous'): Promise<void> {
    await this.#parts.environments.reset(workspaceId, 'stored', to);
  }

  /** The workspace is purged. */
  async destroy(workspaceId: WorkspaceId): Promise<void> {
    this.letGo(workspaceId);
    await this.#parts.environments.destroy(workspaceId);
  }

  #begin(workspaceId: WorkspaceId, files: LiveFiles): LiveEnvironment {
    this.letGo(workspaceId);
    const live = new LiveEnvironment(workspaceId, files, this.#parts);
    this.#live.set(workspaceId, live);
    return live;
  }
}
