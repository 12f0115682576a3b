/**
 * Volumes as two counters per workspace: how much code has written on the host, and how much of it is stored.
 * Attaching, flushing and detaching take time and fail as often as the world says.
 */
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { refuseOlderEpoch } from '@cellbook/shared/epoch.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { HostId, WorkspaceId } from '@cellbook/shared/ids.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { FileTree } from '../../storage/file-tree.ts';
import type { FlushReport, WorkspaceVolumes } from '../../storage/workspace-volumes.ts';

export interface SimulatedVolume {
  epoch: number;
  stored: number;
  /** Null when nothing is on a host. */
  live: number | null;
  host: HostId | null;
  destroyed: boolean;
}

export interface SimulatedVolumesDeps {
  clock: Clock;
  random: Random;
  failureRate(): number;
  observe(what: string, workspaceId: WorkspaceId, volume: SimulatedVolume): void;
}

export class SimulatedVolumes implements WorkspaceVolumes {
  readonly volumes = new Map<WorkspaceId, SimulatedVolume>();
  readonly #deps: SimulatedVolumesDeps;

  constructor(deps: SimulatedVolumesDeps) {
    this.#deps = deps;
  }

  async create(workspaceId: WorkspaceId): Promise<void> {
    const known = this.volumes.get(workspaceId);
    const empty = { epoch: 0, stored: 0, live: null, host: null, destroyed: false };
    if (!known) this.volumes.set(workspaceId, empty);
  }

  /** What lies on another host stays there, and is nobody's from then on. */
  async attach(workspaceId: WorkspaceId, epoch: number, signal: AbortSignal, host: HostId | null = null) {
    const volume = this.#enter(workspaceId, epoch);
    await this.#work(400, signal);
    this.#enter(workspaceId, epoch);
    if (volume.live !== null && volume.host !== host) {
      this.#deps.observe('leaving behind', workspaceId, volume);
      volume.live = null;
    }
    volume.host = host;
    volume.live ??= volume.stored;
    this.#deps.observe('attached', workspaceId, volume);
    return { directory: `/simulated/${workspaceId}` };
  }

  /** Nothing is ever installed. */
  async resetEnvironment(): Promise<void> {}

  async adopt(workspaceId: WorkspaceId, epoch: number): Promise<void> {
    const volume = this.#enter(workspaceId, epoch);
    await this.#work(50);
    this.#enter(workspaceId, epoch);
    this.#deps.observe('adopted', workspaceId, volume);
  }

  async flush(workspaceId: WorkspaceId, epoch: number, signal: AbortSignal): Promise<FlushReport> {
    const volume = this.#enter(workspaceId, epoch);
    const seen = volume.live;
    await this.#work(800, signal);
    this.#enter(workspaceId, epoch);
    if (seen !== null) volume.stored = Math.max(volume.stored, seen);
    this.#deps.observe('flushed', workspaceId, volume);
    return { version: volume.stored, files: 1, bytesUploaded: 1, skipped: [] };
  }

  async detach(workspaceId: WorkspaceId, epoch: number): Promise<void> {
    const volume = this.#enter(workspaceId, epoch);
    await this.#work(100);
    this.#enter(workspaceId, epoch);
    this.#deps.observe('detaching', workspaceId, volume);
    volume.live = null;
  }

  async destroy(workspaceId: WorkspaceId): Promise<void> {
    const volume = this.volumes.get(workspaceId);
    if (!volume) return;
    await this.#work(200);
    this.#deps.observe('destroying', workspaceId, volume);
    volume.destroyed = true;
    volume.live = null;
  }

  async isOnHost(workspaceId: WorkspaceId): Promise<boolean> {
    return (this.volumes.get(workspaceId)?.live ?? null) !== null;
  }

  async files(): Promise<FileTree> {
    throw new Error('the lifecycle reads no files');
  }

  #enter(workspaceId: WorkspaceId, epoch: number): SimulatedVolume {
    const volume = this.volumes.get(workspaceId);
    if (!volume) throw new Error(`no volume for ${workspaceId}`);
    refuseOlderEpoch(epoch, volume.epoch, 'a simulated volume', { workspaceId });
    volume.epoch = epoch;
    return volume;
  }

  async #work(uptoMs: number, signal?: AbortSignal): Promise<void> {
    await sleep(this.#deps.clock, 1 + this.#deps.random.int(uptoMs), signal);
    if (this.#deps.random.float() < this.#deps.failureRate()) {
      throw new CellbookError('store_unavailable', { doing: 'simulating', problem: 'the store failed' });
    }
  }
}
