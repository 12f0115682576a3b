/**
 * The live directories of this host: which workspaces have one, and how one comes to be. A row's
 * `attachedHost` says which host's directory is the truth, the marker beside the directory whether it is
 * whole; so a cell that starts again adopts what was whole when it crashed, fills again what was half filled,
 * and serves from what is stored where the directory is gone. Callers hold the workspace's lock.
 */
import { join } from 'node:path';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { HostParts } from '../host-parts.ts';
import type { VolumeRow } from '../manifests/manifest-store.ts';
import { createStorageMetrics, type StorageMetrics } from '../storage-metrics.ts';
import { isSweepDue, sweep } from '../sweep.ts';
import { type SyncLoop, startSyncLoop } from '../syncer.ts';
import type { VolumePointer } from '../volume-pointer.ts';
import { orAbsent } from './errno.ts';
import { createPlainHomeProvider, makeSandboxDirectory } from './home-provider.ts';
import { LiveVolume, type LiveVolumeParts } from './live-volume.ts';
import { createMarkers, isOfEpoch, readBootId } from './markers.ts';

export interface Attached {
  epoch: number;
  volume: LiveVolume;
  loop: SyncLoop;
}

export class LiveRegistry {
  readonly #parts: HostParts;
  readonly #pointerTo: (row: VolumeRow) => VolumePointer;
  readonly #homes;
  readonly #markers;
  readonly #attached = new Map<WorkspaceId, Attached>();
  readonly #metrics: StorageMetrics;

  constructor(parts: HostParts, pointerTo: (row: VolumeRow) => VolumePointer) {
    this.#parts = parts;
    this.#pointerTo = pointerTo;
    this.#homes = parts.homes ?? createPlainHomeProvider(join(parts.hostDirectory, 'workspaces'));
    this.#metrics = createStorageMetrics(parts.metrics, parts.clock);
    this.#markers = createMarkers(join(parts.hostDirectory, 'markers'), parts.random);
  }

  known(workspaceId: WorkspaceId): Attached | undefined {
    return this.#attached.get(workspaceId);
  }

  all(): WorkspaceId[] {
    return [...this.#attached.keys()];
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
    const volume = isSameBoot ? await orAbsent(this.#partsOf(row).then(LiveVolume.adopt)) : null;
    if (volume) {
      this.#parts.log.info({ workspaceId, epoch }, 'took over a live directory after a crash');
      this.#parts.environments?.adopt(workspaceId, volume);
      return this.#goLive(workspaceId, epoch, volume);
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
    const parts = await this.#partsOf(row);
    await makeSandboxDirectory(parts.directory);
    const volume = await this.#metrics.timeAttach(() => LiveVolume.fill(parts, signal));
    await this.#parts.environments?.attach(workspaceId, volume, signal);
    await this.#markers.write({ ...marker, state: 'ready' });
    return this.#goLive(workspaceId, epoch, volume);
  }

  /** Goes on with a live directory under a newer epoch. */
  async relabel(workspaceId: WorkspaceId, epoch: number): Promise<void> {
    const live = this.#attached.get(workspaceId);
    if (!live || live.epoch === epoch) return;
    const { volume } = live;
    const { version } = volume.state.pointer.row;
    const marker = { workspaceId, version, bootId: await readBootId(), state: 'ready' } as const;
    // Both epochs until the row has the new one: whenever this is cut short, the directory is still believed.
    await this.#markers.write({ ...marker, epoch: live.epoch, nextEpoch: epoch });
    volume.state.pointer.claimed(await this.#parts.manifests.claim(workspaceId, epoch, this.#parts.host));
    await this.#markers.write({ ...marker, epoch });
    live.epoch = epoch;
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
    await this.#homes.releaseHome(workspaceId);
  }

  async #partsOf(row: VolumeRow): Promise<LiveVolumeParts> {
    const { clock, random, lock, diskBytesMax } = this.#parts;
    const { directory: home } = await this.#homes.prepareHome(row.workspaceId, diskBytesMax);
    const exclusively = <T>(work: () => Promise<T>) => lock.run(row.workspaceId, work);
    // A folder inside, because a provider's own may be a mount point, which no `rm -rf` can remove: that ours
    // was removed is how the host's loss of it shows (live-volume.ts).
    return { directory: join(home, 'files'), pointer: this.#pointerTo(row), clock, random, exclusively };
  }

  #goLive(workspaceId: WorkspaceId, epoch: number, volume: LiveVolume): Attached {
    const { clock, random, log, syncIntervalMs } = this.#parts;
    const interval = syncIntervalMs === undefined ? {} : { intervalMs: syncIntervalMs };
    let tidyAtMs = clock.monotonicMs() + limits.storage.tidyAfterMs;
    const round = async (signal: AbortSignal) => {
      const report = await volume.sync('sync', signal);
      if (volume.lost) log.error({ workspaceId }, 'the host lost a live directory; what is stored is served');
      if (volume.lost) loop.stop();
      if (isSweepDue(volume.state.pointer) || clock.monotonicMs() >= tidyAtMs) {
        await this.#sweep(workspaceId, volume, signal);
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
    const live = { epoch, volume, loop };
    this.#attached.set(workspaceId, live);
    return live;
  }

  async #sweep(workspaceId: WorkspaceId, volume: LiveVolume, signal: AbortSignal): Promise<void> {
    const { manifests, objects: store, clock, lock, log } = this.#parts;
    const { pointer } = volume.state;
    const removed = await volume.betweenScans(() =>
      lock.run(workspaceId, async () => {
        volume.state.signal.throwIfAborted();
        return sweep({ pointer, manifests, store, nowMs: clock.nowMs(), signal });
      }),
    );
    log.info({ workspaceId, removed }, 'removed objects that no kept version refers to');
  }
}
