/**
 * The live directories of this host: which workspaces have one, and how one comes to be. A row's
 * `attachedHost` says which host's directory is the truth, the marker beside the directory whether it is
 * whole; so a cell that starts again adopts what was whole when it crashed, fills again what was half filled,
 * and serves from what is stored where the directory is gone. Callers hold the workspace's lock.
 */
import { join } from 'node:path';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { retry } from '@cellbook/shared/retry.ts';
import type { HostParts } from '../host-parts.ts';
import { fetchRest } from '../lazy/fetch-rest.ts';
import type { LazyMount } from '../lazy/lazy-mount.ts';
import { LazyVolumes } from '../lazy/lazy-volumes.ts';
import type { VolumeRow } from '../manifests/manifest-store.ts';
import { createStorageMetrics, type StorageMetrics } from '../storage-metrics.ts';
import { isSweepDue, sweep } from '../sweep.ts';
import { type SyncLoop, startSyncLoop } from '../syncer.ts';
import type { VolumePointer } from '../volume-pointer.ts';
import { orAbsent } from './errno.ts';
import { createPlainHomeProvider, type HomeProvider, makeSandboxDirectory } from './home-provider.ts';
import { LiveVolume, type LiveVolumeParts } from './live-volume.ts';
import { createMarkers, isOfEpoch, type Marker, readBootId } from './markers.ts';
import { packDirectories } from './pack-directories.ts';

export interface Attached {
  epoch: number;
  volume: LiveVolume;
  loop: SyncLoop;
  /** The root that lies under it, where it comes as it is read. */
  over: string | null;
}

export class LiveRegistry {
  readonly #parts: HostParts;
  readonly #pointerTo: (row: VolumeRow) => VolumePointer;
  readonly #homes: HomeProvider;
  readonly #lazy: LazyVolumes;
  readonly #markers;
  readonly #attached = new Map<WorkspaceId, Attached>();
  readonly #metrics: StorageMetrics;
  readonly #lostListeners: ((workspaceId: WorkspaceId) => Promise<void>)[] = [];

  constructor(parts: HostParts, pointerTo: (row: VolumeRow) => VolumePointer) {
    this.#parts = parts;
    this.#pointerTo = pointerTo;
    this.#homes = parts.homes ?? createPlainHomeProvider(join(parts.hostDirectory, 'workspaces'));
    this.#metrics = createStorageMetrics(parts.metrics, parts.clock);
    this.#lazy = new LazyVolumes({
      ...{ directory: join(parts.hostDirectory, 'chunks'), log: parts.log, clock: parts.clock },
      aboveBytes: parts.lazyAboveBytes ?? Number.POSITIVE_INFINITY,
    });
    this.#markers = createMarkers(join(parts.hostDirectory, 'markers'), parts.random);
  }

  known(workspaceId: WorkspaceId): Attached | undefined {
    return this.#attached.get(workspaceId);
  }

  all(): WorkspaceId[] {
    return [...this.#attached.keys()];
  }

  /** Before a directory that can no longer be read is opened anew, for whoever still uses the one before. */
  onLost(listener: (workspaceId: WorkspaceId) => Promise<void>): void {
    this.#lostListeners.push(listener);
  }

  /** What lies on this host, live or left by a crash. */
  onHost(): Promise<WorkspaceId[]> {
    return this.#homes.list();
  }

  /** The live directory, also one that a crashed cell left here, if it is still the truth. */
  async find(row: VolumeRow): Promise<Attached | null> {
    const { workspaceId, attachedHost, epoch } = row;
    const known = this.#attached.get(workspaceId);
    if (known || attachedHost !== this.#parts.host) return known ?? null;
    const marker = await this.#markers.read(workspaceId);
    if (marker?.state !== 'ready' || !isOfEpoch(marker, epoch)) return null;
    const isSameBoot = marker.bootId === (await readBootId());
    const volume = isSameBoot ? await orAbsent(this.#takeUp(row, marker)) : null;
    if (volume) {
      this.#parts.log.info({ workspaceId, epoch }, 'took over a live directory after a crash');
      this.#parts.environments?.adopt(workspaceId, volume);
      return this.#goLive(workspaceId, epoch, volume, marker.over?.root ?? null);
    }
    this.#parts.log.warn({ workspaceId, epoch, isSameBoot }, 'the host lost a live directory');
    await this.#markers.remove(workspaceId);
    return null;
  }

  /** Claims the epoch and makes the directory hold what is stored. */
  async fill(workspaceId: WorkspaceId, epoch: number, signal: AbortSignal): Promise<Attached> {
    const row = await this.#parts.manifests.claim(workspaceId, epoch, this.#parts.host);
    const marker = { workspaceId, epoch, version: row.version, bootId: await readBootId() };
    await this.#markers.write({ ...marker, state: 'filling' });
    const volume = await this.#metrics.timeAttach(() => this.#bring(row, signal));
    try {
      await this.#parts.environments?.attach(workspaceId, volume, signal);
      const over = volume.state.lazy && { over: { root: row.root } };
      await this.#markers.write({ ...marker, state: 'ready', ...over });
    } catch (error) {
      this.#parts.environments?.letGo(workspaceId);
      await volume.close();
      throw error;
    }
    return this.#goLive(workspaceId, epoch, volume, row.root);
  }

  async #bring(row: VolumeRow, signal: AbortSignal): Promise<LiveVolume> {
    const { home, pointer } = await this.#placeOf(row);
    const isLazy = this.#parts.lazyAboveBytes !== undefined;
    const lazy = isLazy ? await this.#lazy.open(home, pointer, signal) : null;
    const parts = this.#partsOf(home, pointer, lazy);
    if (lazy) return LiveVolume.over(parts, lazy);
    await makeSandboxDirectory(parts.directory);
    return LiveVolume.fill(parts, signal);
  }

  async #takeUp(row: VolumeRow, { over }: Marker): Promise<LiveVolume> {
    const { home, pointer } = await this.#placeOf(row);
    const lazy = over ? await this.#lazy.reopen(home, pointer, over.root) : null;
    return LiveVolume.adopt(this.#partsOf(home, pointer, lazy), lazy);
  }

  /** Goes on with a live directory under a newer epoch. */
  async relabel(workspaceId: WorkspaceId, epoch: number): Promise<void> {
    const live = this.#attached.get(workspaceId);
    if (!live || live.epoch === epoch) return;
    const { volume } = live;
    const { version } = volume.state.pointer.row;
    const over = volume.state.lazy && { over: { root: live.over } };
    const marker = { workspaceId, version, bootId: await readBootId(), state: 'ready', ...over } as const;
    // Both epochs until the row has the new one: whenever this is cut short, the directory is still believed.
    await this.#markers.write({ ...marker, epoch: live.epoch, nextEpoch: epoch });
    volume.state.pointer.claimed(await this.#parts.manifests.claim(workspaceId, epoch, this.#parts.host));
    await this.#markers.write({ ...marker, epoch });
    live.epoch = epoch;
  }

  /** For the host that has the files next. */
  async pack(workspaceId: WorkspaceId): Promise<void> {
    const live = this.#attached.get(workspaceId);
    if (live) await packDirectories(live.volume, this.#parts);
  }

  /** Stops syncing and closes the directory as it is. */
  async letGo(workspaceId: WorkspaceId): Promise<void> {
    const live = this.#attached.get(workspaceId);
    if (!live) return;
    this.#attached.delete(workspaceId);
    live.loop.stop();
    this.#parts.environments?.letGo(workspaceId);
    await live.volume.close();
  }

  /** Removes what is on this host of a workspace that has been let go. Idempotent. */
  async removeFromHost(workspaceId: WorkspaceId): Promise<void> {
    await this.#markers.remove(workspaceId);
    await this.#lazy.remove(this.#homes.directoryOf(workspaceId), workspaceId);
    await this.#homes.releaseHome(workspaceId);
  }

  async #placeOf(row: VolumeRow): Promise<{ home: string; pointer: VolumePointer }> {
    const { directory: home } = await this.#homes.prepareHome(row.workspaceId, this.#parts.diskBytesMax);
    return { home, pointer: this.#pointerTo(row) };
  }

  #partsOf(home: string, pointer: VolumePointer, lazy: LazyMount | null): LiveVolumeParts {
    const { clock, random, lock } = this.#parts;
    const { workspaceId } = pointer.row;
    const exclusively = <T>(work: () => Promise<T>) => lock.run(workspaceId, work);
    // A folder inside, because a provider's own may be a mount point, which no `rm -rf` can remove: that ours
    // was removed is how the host's loss of it shows (live-volume.ts).
    const directory = lazy?.directory ?? join(home, 'files');
    return { directory, pointer, clock, random, exclusively };
  }

  #goLive(workspaceId: WorkspaceId, epoch: number, volume: LiveVolume, over: string | null): Attached {
    const { clock, random, log, syncIntervalMs } = this.#parts;
    const interval = syncIntervalMs === undefined ? {} : { intervalMs: syncIntervalMs };
    let tidyAtMs = clock.monotonicMs() + limits.storage.tidyAfterMs;
    const round = async (signal: AbortSignal) => {
      const report = await volume.sync('sync', signal);
      if (volume.lost) log.error({ workspaceId }, 'the host lost a live directory; what is stored is served');
      if (volume.lost) loop.stop();
      if (isSweepDue(volume.state.pointer, clock.nowMs()) || clock.monotonicMs() >= tidyAtMs) {
        await this.#sweep(workspaceId, volume, over, signal);
        tidyAtMs = clock.monotonicMs() + limits.storage.tidyAfterMs;
      }
      // Beside the rounds: a large install takes minutes to be stored, and files seconds.
      if (!volume.lost) void this.#parts.environments?.look(workspaceId, live.epoch);
      return report;
    };
    const loop = startSyncLoop(workspaceId, this.#metrics.timedRound(round), {
      clock,
      random,
      log,
      ...interval,
    });
    void fetchRest(volume.state, this.#parts);
    const live = { epoch, volume, loop, over };
    this.#attached.set(workspaceId, live);
    void volume.state.lazy?.lost.then(() => this.#openAnewAtLast(live, workspaceId));
    return live;
  }

  /** Again and again until it is done, or somebody else has let it go: nothing else would tell of it once more. */
  async #openAnewAtLast(live: Attached, workspaceId: WorkspaceId): Promise<void> {
    const { clock, random, log } = this.#parts;
    const { signal } = live.volume.state;
    const isStillLive = (error: unknown) => {
      log.error({ err: error, workspaceId }, 'files that can no longer be read could not be opened anew');
      return this.#attached.get(workspaceId) === live;
    };
    const open = () => this.#openAnew(live, workspaceId);
    await retry(open, limits.storage.lazy.openAnewRetry, isStillLive, { clock, random, signal }).catch(() => {
      // Why was said each time.
    });
  }

  /** What code has written is on this host's disk, and is found there as after a crash of this process. */
  async #openAnew(live: Attached, workspaceId: WorkspaceId): Promise<void> {
    const { manifests, lock, log } = this.#parts;
    await lock.run(workspaceId, async () => {
      if (this.#attached.get(workspaceId) !== live) return;
      log.error(
        { workspaceId },
        'files that come as they are read can no longer be read; they are opened anew',
      );
      for (const tell of this.#lostListeners) await tell(workspaceId);
      await this.letGo(workspaceId);
      const row = await manifests.read(workspaceId);
      if (row) await this.find(row);
    });
  }

  async #sweep(
    workspaceId: WorkspaceId,
    volume: LiveVolume,
    over: string | null,
    signal: AbortSignal,
  ): Promise<void> {
    const { manifests, objects: store, clock, lock, log } = this.#parts;
    const { pointer } = volume.state;
    const removed = await volume.betweenScans(() =>
      lock.run(workspaceId, async () => {
        volume.state.signal.throwIfAborted();
        const alsoKept = volume.state.lazy && over !== null ? [over] : [];
        return sweep({ pointer, manifests, store, clock, signal, alsoKept });
      }),
    );
    log.info({ workspaceId, removed }, 'removed objects that no kept version refers to');
  }
}
