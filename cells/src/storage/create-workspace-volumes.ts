/**
 * WorkspaceVolumes on one host. For each workspace: a row in the manifest store, perhaps a live directory
 * here, one lock. The row says which host's directory is the truth (`attachedHost`) under which epoch, so a
 * cell that starts again finds what it left: a directory that was whole when it crashed is adopted and read,
 * one that was half filled is filled again, and one that is gone is served from what is stored.
 */
import { join } from 'node:path';
import type { Clock } from '@cellbook/shared/clock.ts';
import { refuseOlderEpoch } from '@cellbook/shared/epoch.ts';
import { type HostId, newVolumeId, type WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { type Current, createCurrentTree } from './current-tree.ts';
import { KeyedLock } from './keyed-lock.ts';
import { createPlainHomeProvider, type HomeProvider, makeSandboxDirectory } from './live/home-provider.ts';
import { createLiveSurface } from './live/live-surface.ts';
import { LiveVolume, type LiveVolumeParts } from './live/live-volume.ts';
import { createMarkers } from './live/markers.ts';
import type { ManifestStore, VolumeRow } from './manifests/manifest-store.ts';
import { noSuchVolume } from './manifests/refusals.ts';
import type { ObjectStore } from './objects/object-store.ts';
import { createStoredSurface } from './stored-surface.ts';
import { type SyncLoop, startSyncLoop } from './syncer.ts';
import { DirectoryCache } from './tree/directory-cache.ts';
import { Semaphore } from './tree/semaphore.ts';
import { createVolumeObjects, volumePrefix } from './tree/volume-objects.ts';
import { newHome } from './tree/volume-root.ts';
import { VolumePointer } from './volume-pointer.ts';
import { createVolumeTree } from './volume-tree.ts';
import type { FlushReport, WorkspaceVolumes } from './workspace-volumes.ts';

export interface WorkspaceVolumesParts {
  manifests: ManifestStore;
  objects: ObjectStore;
  /** This host's own directory: markers, and homes unless `homes` is given. */
  hostDirectory: string;
  host: HostId;
  homes?: HomeProvider;
  /** What a home may hold, for providers that bound it. */
  diskBytesMax: number;
  clock: Clock;
  random: Random;
  log: Logger;
  syncIntervalMs?: number;
}

interface Attached {
  epoch: number;
  volume: LiveVolume;
  current: Current;
  loop: SyncLoop;
}

export interface HostVolumes extends WorkspaceVolumes {
  /** Stops syncing and lets every directory go as it is; what is on it is found again at the next start. */
  close(): Promise<void>;
  /** One round of the syncer, now. */
  sync(workspaceId: WorkspaceId, signal: AbortSignal): Promise<void>;
}

export function createWorkspaceVolumes(parts: WorkspaceVolumesParts): HostVolumes {
  const { manifests, clock, random, log, host } = parts;
  const homes = parts.homes ?? createPlainHomeProvider(join(parts.hostDirectory, 'workspaces'));
  const markers = createMarkers(join(parts.hostDirectory, 'markers'), random);
  const lock = new KeyedLock<WorkspaceId>();
  const attached = new Map<WorkspaceId, Attached>();
  const objectTools = {
    store: parts.objects,
    cache: new DirectoryCache(limits.storage.directoryCacheBytesMax),
    inFlight: new Semaphore(limits.storage.chunksInFlightMax),
  };
  const pointerTo = (row: VolumeRow) =>
    new VolumePointer(row, createVolumeObjects(row.volumeId, objectTools), manifests, clock);
  const exclusively = <T>(workspaceId: WorkspaceId, work: () => Promise<T>) => lock.run(workspaceId, work);

  async function rowOf(workspaceId: WorkspaceId): Promise<VolumeRow> {
    const row = await manifests.read(workspaceId);
    if (row) return row;
    throw noSuchVolume(workspaceId, 'opening the files');
  }

  async function partsOf(row: VolumeRow): Promise<LiveVolumeParts> {
    // A folder inside, because a provider's own may be a mount point, which no `rm -rf` can remove: that ours
    // was removed is how the host's loss of it shows (live-volume.ts).
    const { directory: home } = await homes.prepareHome(row.workspaceId, parts.diskBytesMax);
    const directory = join(home, 'files');
    await makeSandboxDirectory(directory);
    const alone = <T>(work: () => Promise<T>) => exclusively(row.workspaceId, work);
    return { directory, pointer: pointerTo(row), clock, random, exclusively: alone };
  }

  function goLive(workspaceId: WorkspaceId, epoch: number, volume: LiveVolume): Attached {
    const { state } = volume;
    const tree = createVolumeTree({ surface: createLiveSurface(state), pointer: state.pointer });
    const round = (signal: AbortSignal) => volume.sync('sync', signal);
    const loop = startSyncLoop(workspaceId, round, {
      ...{ clock, random, log },
      ...(parts.syncIntervalMs === undefined ? {} : { intervalMs: parts.syncIntervalMs }),
    });
    const live = { epoch, volume, current: { tree, live: volume }, loop };
    attached.set(workspaceId, live);
    return live;
  }

  /** What a cell that crashed left on this host, if it is still the truth. The caller holds the lock. */
  async function adoptLeftover(row: VolumeRow): Promise<Attached | null> {
    if (row.attachedHost !== host) return null;
    const marker = await markers.read(row.workspaceId);
    if (marker?.state !== 'ready' || marker.epoch !== row.epoch) return null;
    const volume = await LiveVolume.adopt(await partsOf(row));
    if (await volume.isWhole()) {
      log.info(
        { workspaceId: row.workspaceId, epoch: row.epoch },
        'took over a live directory after a crash',
      );
      return goLive(row.workspaceId, row.epoch, volume);
    }
    log.warn({ workspaceId: row.workspaceId }, 'a live directory was emptied; going on from what is stored');
    await volume.close();
    await markers.remove(row.workspaceId);
    return null;
  }

  async function attachedNow(workspaceId: WorkspaceId): Promise<Attached | null> {
    return attached.get(workspaceId) ?? adoptLeftover(await rowOf(workspaceId));
  }

  async function letGo(workspaceId: WorkspaceId, live: Attached): Promise<void> {
    attached.delete(workspaceId);
    live.loop.stop();
    await live.volume.close();
  }

  async function currentOf(workspaceId: WorkspaceId): Promise<Current> {
    const known = attached.get(workspaceId);
    if (known && !known.volume.lost) return known.current;
    const pointer = known ? known.volume.state.pointer : pointerTo(await rowOf(workspaceId));
    return { tree: createVolumeTree({ surface: createStoredSurface(pointer), pointer }), live: null };
  }

  async function fill(workspaceId: WorkspaceId, epoch: number, signal: AbortSignal): Promise<Attached> {
    const row = await manifests.claim(workspaceId, epoch, host);
    const marker = { workspaceId, epoch, version: row.version };
    await markers.write({ ...marker, state: 'filling' });
    const volume = await LiveVolume.fill(await partsOf(row), signal);
    await markers.write({ ...marker, state: 'ready' });
    return goLive(workspaceId, epoch, volume);
  }

  async function flushNow(live: Attached, signal: AbortSignal): Promise<FlushReport> {
    const report = await live.volume.flush('flush', signal);
    const { version, files, bytesRead, skipped } = report;
    return { version, files, bytesUploaded: bytesRead, skipped };
  }

  return {
    async create(workspaceId) {
      const row = await manifests.create(workspaceId, newVolumeId(random));
      if (row.root !== null) return;
      const pointer = pointerTo(row);
      await exclusively(workspaceId, () => pointer.commit([newHome(pointer.nowNs())], 'create'));
    },

    attach: (workspaceId, epoch, signal) =>
      exclusively(workspaceId, async () => {
        const row = await rowOf(workspaceId);
        refuseOlderEpoch(epoch, row.epoch, 'the files', { workspaceId });
        const before = await attachedNow(workspaceId);
        if (before?.epoch === epoch && !before.volume.lost) return { directory: before.volume.directory };
        if (before) {
          await flushNow(before, signal);
          await letGo(workspaceId, before);
        }
        const live = await fill(workspaceId, epoch, signal);
        return { directory: live.volume.directory };
      }),

    async flush(workspaceId, epoch, signal) {
      const live = await exclusively(workspaceId, () => attachedNow(workspaceId));
      const row = await rowOf(workspaceId);
      refuseOlderEpoch(epoch, row.epoch, 'the files', { workspaceId });
      if (!live) return { version: row.version, files: 0, bytesUploaded: 0, skipped: [] };
      // The bulk without the lock, so that contents go on; then what is left, with it.
      await live.volume.sync('sync', signal);
      return exclusively(workspaceId, () => flushNow(live, signal));
    },

    detach: (workspaceId, epoch) =>
      exclusively(workspaceId, async () => {
        const row = await manifests.read(workspaceId);
        if (!row) return;
        refuseOlderEpoch(epoch, row.epoch, 'the files', { workspaceId });
        const live = attached.get(workspaceId);
        if (live) await letGo(workspaceId, live);
        // First the row: from here on the stored tree is the truth, whatever is left on this host.
        await manifests.release(workspaceId, epoch);
        await markers.remove(workspaceId);
        await homes.releaseHome(workspaceId);
      }),

    destroy: (workspaceId) =>
      exclusively(workspaceId, async () => {
        const live = attached.get(workspaceId);
        if (live) await letGo(workspaceId, live);
        await markers.remove(workspaceId);
        await homes.releaseHome(workspaceId);
        const row = await manifests.read(workspaceId);
        if (!row) return;
        // The row goes last: whoever crashes here is called again and finds what is left.
        const prefix = volumePrefix(row.volumeId);
        for await (const key of parts.objects.list(prefix)) await parts.objects.delete(key);
        await manifests.destroy(workspaceId);
      }),

    async files(workspaceId) {
      // After a crash the first to ask takes over what was left here.
      if (!attached.has(workspaceId)) await exclusively(workspaceId, () => attachedNow(workspaceId));
      return createCurrentTree({
        current: () => currentOf(workspaceId),
        exclusively: (work) => exclusively(workspaceId, work),
      });
    },

    async sync(workspaceId, signal) {
      await attached.get(workspaceId)?.volume.sync('sync', signal);
    },

    async close() {
      for (const [workspaceId, live] of attached) await letGo(workspaceId, live);
    },
  };
}
