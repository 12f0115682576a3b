/**
 * WorkspaceVolumes on one host: for each workspace a row in the manifest store, perhaps a live directory
 * here (live-registry.ts), and one lock that attach, flush, detach and every change of contents take.
 */
import { refuseOlderEpoch } from '@cellbook/shared/epoch.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { newVolumeId, type WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { type Current, createCurrentTree } from './current-tree.ts';
import type { WorkspaceVolumesParts } from './host-parts.ts';
import { KeyedLock } from './keyed-lock.ts';
import { LiveRegistry } from './live/live-registry.ts';
import { createLiveSurface } from './live/live-surface.ts';
import type { LiveVolume } from './live/live-volume.ts';
import type { VolumeRow } from './manifests/manifest-store.ts';
import { noSuchVolume } from './manifests/refusals.ts';
import { countingReads } from './objects/counting-reads.ts';
import { createStoredSurface } from './stored-surface.ts';
import { type TidiedVolumes, tidiedVolumes } from './tidy.ts';
import { DirectoryCache } from './tree/directory-cache.ts';
import { Semaphore } from './tree/semaphore.ts';
import { createVolumeObjects, volumePrefix } from './tree/volume-objects.ts';
import { newHome } from './tree/volume-root.ts';
import { type VersionsOfVolumes, versionsOf } from './versions.ts';
import { VolumePointer } from './volume-pointer.ts';
import { createVolumeTree } from './volume-tree.ts';
import type { FilesOptions, FlushReport, WorkspaceVolumes } from './workspace-volumes.ts';

export interface HostVolumes extends WorkspaceVolumes, VersionsOfVolumes, TidiedVolumes {
  /** Where the files are on this host, and under whose epoch; null while they are not. */
  liveDirectory(workspaceId: WorkspaceId): string | null;
  liveEpoch(workspaceId: WorkspaceId): number | null;
  /** Workspaces whose files are live here now. */
  live(): WorkspaceId[];
  /**
   * Removes what a crash left between giving the files back (or destroying them) and taking them off this
   * host: nobody comes back for those. Gives how many. Before anything is attached.
   */
  removeLeftovers(): Promise<number>;
  /**
   * Runs work while nothing here changes or tidies these files: whoever gives them to another host does it so, since
   * a sweep must not remove what that host has just stored.
   */
  exclusively<T>(workspaceId: WorkspaceId, work: () => Promise<T>): Promise<T>;
  /** Called before files that can no longer be read here are opened anew: whoever runs over them is to be ended. */
  onLost(listener: (workspaceId: WorkspaceId) => Promise<void>): void;
  /** One round of the syncer, now. */
  sync(workspaceId: WorkspaceId, signal: AbortSignal): Promise<void>;
  /** Stops syncing and lets every directory go as it is; what is on it is found again at the next start. */
  close(): Promise<void>;
}

export function createWorkspaceVolumes(parts: WorkspaceVolumesParts): HostVolumes {
  const { manifests, clock } = parts;
  const store = countingReads(parts.objects, parts.metrics, 'files');
  const lock = new KeyedLock<WorkspaceId>();
  const cache = new DirectoryCache(limits.storage.directoryCacheBytesMax);
  const inFlight = new Semaphore(limits.storage.chunksInFlightMax);
  const objectsOf = (row: VolumeRow) => createVolumeObjects(row, { store, cache, inFlight });
  const pointerTo = (row: VolumeRow) => new VolumePointer(row, objectsOf(row), manifests, clock);
  const registry = new LiveRegistry({ ...parts, lock }, pointerTo);

  async function rowOf(workspaceId: WorkspaceId): Promise<VolumeRow> {
    const row = await manifests.read(workspaceId);
    if (row) return row;
    throw noSuchVolume(workspaceId, 'opening the files');
  }

  async function rowFor(workspaceId: WorkspaceId, epoch: number): Promise<VolumeRow> {
    const row = await rowOf(workspaceId);
    refuseOlderEpoch(epoch, row.epoch, 'the files', { workspaceId });
    return row;
  }

  async function currentOf(workspaceId: WorkspaceId, options: FilesOptions): Promise<Current> {
    const known = registry.known(workspaceId)?.volume;
    if (known && !known.lost) return { tree: liveTree(known, options), live: known };
    const pointer = known ? known.state.pointer : pointerTo(await rowOf(workspaceId));
    const surface = createStoredSurface(pointer);
    return { tree: createVolumeTree({ ...options, surface, pointer }), live: null };
  }

  async function createOnce(workspaceId: WorkspaceId): Promise<void> {
    const row = await manifests.create(workspaceId, newVolumeId(parts.random));
    if (row.root !== null) return;
    const pointer = pointerTo(row);
    await pointer.commit([newHome(pointer.nowNs())], 'create');
  }

  return {
    // Of two that create it at once one is late, and whoever runs it may own the files already: it is looked at again.
    create: (workspaceId) =>
      lock.run(workspaceId, () =>
        createOnce(workspaceId).catch((error: unknown) => {
          if (!(error instanceof CellbookError && error.code === 'stale_epoch')) throw error;
          return createOnce(workspaceId);
        }),
      ),

    attach: (workspaceId, epoch, signal) =>
      lock.run(workspaceId, async () => {
        const row = await rowFor(workspaceId, epoch);
        const before = await registry.find(row);
        if (before?.epoch === epoch && (await before.volume.isWhole()))
          return { directory: before.volume.directory };
        if (before) {
          await flushNow(before.volume, signal);
          await parts.environments?.flush(workspaceId, row.epoch, signal);
          await registry.letGo(workspaceId);
        }
        const { volume } = await registry.fill(workspaceId, epoch, signal);
        return { directory: volume.directory };
      }),

    adopt: (workspaceId, epoch) =>
      lock.run(workspaceId, async () => {
        const row = await rowFor(workspaceId, epoch);
        if (await registry.find(row)) await registry.relabel(workspaceId, epoch);
      }),

    async flush(workspaceId, epoch, signal) {
      const row = await rowFor(workspaceId, epoch);
      const live = await lock.run(workspaceId, () => registry.find(row));
      if (!live) return { version: row.version, files: 0, bytesUploaded: 0, skipped: [] };
      // The bulk without the lock, so that contents go on; then what is left, with it.
      await live.volume.sync('sync', signal);
      await live.volume.largeSettled();
      const report = await lock.run(workspaceId, () => flushNow(live.volume, signal));
      await parts.environments?.flush(workspaceId, live.epoch, signal);
      return report;
    },

    detach: (workspaceId, epoch) =>
      lock.run(workspaceId, async () => {
        if (!(await manifests.read(workspaceId))) return;
        await rowFor(workspaceId, epoch);
        await registry.pack(workspaceId);
        await registry.letGo(workspaceId);
        // First the row: from here on the stored tree is the truth, whatever is left on this host.
        await manifests.release(workspaceId, epoch);
        await registry.removeFromHost(workspaceId);
      }),

    destroy: (workspaceId) =>
      lock.run(workspaceId, async () => {
        await registry.letGo(workspaceId);
        await registry.removeFromHost(workspaceId);
        const row = await manifests.read(workspaceId);
        if (!row) return;
        // The row goes last: whoever crashes here is called again and finds what is left.
        for await (const key of store.list(volumePrefix(row.volumeId))) await store.delete(key);
        await parts.environments?.destroy(workspaceId);
        await manifests.destroy(workspaceId);
      }),

    isOnHost: async (workspaceId) => ((await manifests.read(workspaceId))?.attachedHost ?? null) !== null,

    async files(workspaceId, options = {}) {
      const row = await rowOf(workspaceId);
      // After a crash the first to ask takes over what was left here.
      if (!registry.known(workspaceId)) await lock.run(workspaceId, () => registry.find(row));
      return createCurrentTree({
        current: () => currentOf(workspaceId, options),
        exclusively: (work) => lock.run(workspaceId, work),
      });
    },

    resetEnvironment: (workspaceId, to, signal) =>
      lock.run(workspaceId, async () => {
        const live = await registry.find(await rowOf(workspaceId));
        if (live) await parts.environments?.reset(workspaceId, live.epoch, to, signal);
        else await parts.environments?.resetStored(workspaceId, to);
      }),

    ...versionsOf({ manifests, lock, rowOf, pointerTo }),
    ...tidiedVolumes({ ...parts, store, lock, pointerTo }),
    exclusively: (workspaceId, work) => lock.run(workspaceId, work),

    liveDirectory: (workspaceId) => registry.known(workspaceId)?.volume.directory ?? null,
    live: () => registry.all(),
    liveEpoch: (workspaceId) => registry.known(workspaceId)?.epoch ?? null,

    async removeLeftovers() {
      let removed = 0;
      for (const workspaceId of await registry.onHost())
        await lock.run(workspaceId, async () => {
          const row = await manifests.read(workspaceId);
          if (row?.attachedHost === parts.host) return;
          await registry.removeFromHost(workspaceId);
          removed += 1;
        });
      return removed;
    },

    onLost: (listener) => registry.onLost(listener),

    async sync(workspaceId, signal) {
      await registry.known(workspaceId)?.volume.sync('sync', signal);
    },

    async close() {
      for (const workspaceId of registry.all())
        await lock.run(workspaceId, () => registry.letGo(workspaceId));
    },
  };
}

const liveTree = ({ state }: LiveVolume, options: FilesOptions) =>
  createVolumeTree({ ...options, surface: createLiveSurface(state), pointer: state.pointer });

async function flushNow(volume: LiveVolume, signal: AbortSignal): Promise<FlushReport> {
  const { version, files, bytesRead, skipped } = await volume.flush('flush', signal);
  return { version, files, bytesUploaded: bytesRead, skipped };
}
