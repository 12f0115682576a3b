/**
 * The host in this process, over any driver. What it has seen of each workspace:
 *
 *     empty ──start──▶ starting ──▶ live ──stop, destroy──▶ stopping ──▶ empty
 *                                  │ ▲ │ ▲ └──it ends by itself──▶ empty, with its loss
 *                                  │ │ └─┘ adopt: the same sandbox under a newer epoch
 *                           freeze ▼ │ thaw
 *                                  frozen ──store──▶ empty, with an image
 *
 * Every call enters with its epoch: an older one than the newest seen is refused, a newer one is kept first,
 * on disk where the host outlives the process (`epochs`).
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { HostId, SandboxId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { RestImage } from '../ladder/rest.ts';
import type {
  HostedSandbox,
  ObservedSandbox,
  Sandbox,
  SandboxDriver,
  SandboxExit,
  SandboxSpec,
} from '../sandbox/driver.ts';
import type { SnapshotFingerprint } from '../sandbox/snapshot/fingerprint.ts';
import type { ImageKey } from '../snapshots/image-key.ts';
import type { ImageShelf, KeptImage } from '../snapshots/image-shelf.ts';
import { type EpochBook, noEpochBook } from './epoch-book.ts';
import { Keeper } from './keeper.ts';
import { type Place, Places } from './places.ts';
import type { HostLoad, SandboxHost, Sight } from './sandbox-host.ts';

export interface LocalSandboxHostDeps<Hosted extends HostedSandbox> {
  hostId: HostId;
  driver: SandboxDriver<Hosted>;
  /** Sandboxes, live and starting together. */
  capacity: number;
  /** Where images of sandboxes' memory lie; without it none is kept. */
  images?: ImageShelf;
  /** Keeps the newest epochs through a restart of this process; nothing unless given. */
  epochs?: EpochBook;
}

export class LocalSandboxHost<Hosted extends HostedSandbox = Sandbox> implements SandboxHost<Hosted> {
  readonly hostId: HostId;
  readonly #driver: SandboxDriver<Hosted>;
  readonly #capacity: number;
  readonly #places: Places<Hosted>;
  readonly #keeper: Keeper<Hosted>;
  readonly #images: ImageShelf | null;
  readonly #lostListeners: ((workspaceId: WorkspaceId) => void)[] = [];
  #draining = false;

  constructor({ hostId, driver, capacity, images, epochs = noEpochBook }: LocalSandboxHostDeps<Hosted>) {
    this.hostId = hostId;
    this.#driver = driver;
    this.#capacity = capacity;
    this.#images = images ?? null;
    this.#places = new Places(driver, epochs);
    this.#keeper = new Keeper({ driver, places: this.#places, images: this.#images });
  }

  get keeps(): SnapshotFingerprint | null {
    return this.#keeper.fingerprint;
  }

  get isOpen(): boolean {
    return !this.#draining;
  }

  get isDraining(): boolean {
    return this.#draining;
  }

  /** From now on nothing is started here. */
  refuseNew(): void {
    this.#draining = true;
  }

  async start(spec: SandboxSpec, signal: AbortSignal, image?: KeptImage): Promise<Hosted> {
    const place = await this.#places.enter(spec.workspaceId, spec.epoch, 'starting a sandbox');
    await this.#clearOlder(spec.workspaceId, place, spec.epoch);
    // Anything may have happened while older ones were destroyed.
    this.#places.refuseOlder(place, spec, 'starting a sandbox');
    if (place.sandbox && !place.stopping && !place.frozen) return place.sandbox;
    if (place.starting) return place.starting;
    this.#refuseBeyondCapacity(spec.workspaceId);
    const starting = this.#startWithDriver(spec, place, signal, image);
    place.starting = starting;
    place.startingEpoch = spec.epoch;
    try {
      return await starting;
    } finally {
      if (place.starting === starting) place.starting = null;
    }
  }

  async adopt(workspaceId: WorkspaceId, epoch: number): Promise<Hosted | null> {
    const place = await this.#places.enter(workspaceId, epoch, 'adopting a sandbox');
    return this.#places.changes.run(workspaceId, async () => {
      const adopted = await this.#places.relabel(workspaceId, place, epoch);
      return adopted && !place.frozen ? adopted : null;
    });
  }

  freeze(workspaceId: WorkspaceId, epoch: number, signal: AbortSignal): Promise<void> {
    return this.#keeper.freeze(workspaceId, epoch, signal);
  }

  thaw(workspaceId: WorkspaceId, epoch: number, signal: AbortSignal): Promise<Hosted | null> {
    return this.#keeper.thaw(workspaceId, epoch, signal);
  }

  store(
    workspaceId: WorkspaceId,
    epoch: number,
    key: ImageKey,
    signal: AbortSignal,
  ): Promise<RestImage | null> {
    return this.#keeper.store(workspaceId, epoch, key, signal);
  }

  async images(): Promise<SandboxId[]> {
    return (await this.#images?.list()) ?? [];
  }

  async dropImage(imageOf: SandboxId): Promise<void> {
    await this.#images?.remove(imageOf);
  }

  async stop(workspaceId: WorkspaceId, epoch: number): Promise<void> {
    const place = await this.#places.enter(workspaceId, epoch, 'stopping a sandbox');
    await this.#clearOlder(workspaceId, place, epoch + 1);
    place.loss = null;
  }

  async destroy(sandboxId: SandboxId): Promise<void> {
    const place = [...this.#places.all()].find((candidate) => candidate.sandbox?.id === sandboxId);
    if (place) place.stopping = true;
    await this.#driver.destroy(sandboxId);
    if (place?.sandbox?.id === sandboxId) place.sandbox = null;
  }

  current(workspaceId: WorkspaceId): Hosted | null {
    const place = this.#places.get(workspaceId);
    return place && !place.stopping && !place.frozen ? place.sandbox : null;
  }

  isFrozen(workspaceId: WorkspaceId): boolean {
    return this.#places.get(workspaceId)?.frozen ?? false;
  }

  async look(workspaceId: WorkspaceId): Promise<Sight> {
    return this.current(workspaceId) ? 'there' : 'none';
  }

  /** The newest epoch that acted on a workspace here; 0 when none has. */
  epochOf(workspaceId: WorkspaceId): number {
    return this.#places.get(workspaceId)?.epoch ?? 0;
  }

  lastLoss(workspaceId: WorkspaceId): SandboxExit | null {
    return this.#places.get(workspaceId)?.loss ?? null;
  }

  list(): Promise<ObservedSandbox[]> {
    return this.#driver.list();
  }

  load(): HostLoad {
    const places = [...this.#places.all()];
    const live = places.filter((place) => place.sandbox !== null).length;
    const starting = places.filter((place) => place.starting !== null && place.sandbox === null).length;
    const frozen = places.filter((place) => place.sandbox !== null && place.frozen).length;
    return { live, frozen, starting, capacity: this.#capacity };
  }

  onLost(listener: (workspaceId: WorkspaceId) => void): void {
    this.#lostListeners.push(listener);
  }

  /** Destroys what the workspace has under epochs below `belowEpoch`, sandboxes of dead processes included. */
  async #clearOlder(workspaceId: WorkspaceId, place: Place<Hosted>, belowEpoch: number): Promise<void> {
    if (place.starting && place.startingEpoch < belowEpoch) await place.starting.catch(() => {});
    // One whose end was asked for and did not succeed, or that did not thaw, is ended now, whatever its epoch.
    const isUnusable = place.stopping || place.frozen;
    const isOver = place.sandbox !== null && (isUnusable || place.sandbox.epoch < belowEpoch);
    if (place.sandbox && isOver) await this.destroy(place.sandbox.id);
    const found = (await this.#driver.list()).filter((sandbox) => sandbox.workspaceId === workspaceId);
    for (const { sandboxId, epoch, attached } of found) {
      if (epoch < belowEpoch || !attached) await this.destroy(sandboxId);
    }
  }

  async #startWithDriver(
    spec: SandboxSpec,
    place: Place<Hosted>,
    signal: AbortSignal,
    image: KeptImage | undefined,
  ): Promise<Hosted> {
    const sandbox = await this.#bringUp(spec, signal, image);
    if (place.epoch > spec.epoch) {
      await this.#driver.destroy(sandbox.id);
      this.#places.refuseOlder(place, spec, 'starting a sandbox');
    }
    place.sandbox = sandbox;
    place.stopping = false;
    place.frozen = false;
    place.loss = null;
    void sandbox.exited.then((exit) => this.#noteExit(sandbox, place, exit));
    return sandbox;
  }

  #bringUp(spec: SandboxSpec, signal: AbortSignal, image: KeptImage | undefined): Promise<Hosted> {
    if (image === undefined) return this.#driver.start(spec, signal);
    return this.#keeper.restore(spec, image, signal);
  }

  #noteExit({ id, workspaceId }: Hosted, place: Place<Hosted>, exit: SandboxExit): void {
    if (place.sandbox?.id !== id || place.stopping) return;
    place.sandbox = null;
    place.frozen = false;
    place.loss = exit;
    void this.#driver.destroy(id).catch(() => {
      // The take-down that follows a loss lists and destroys again.
    });
    for (const listener of this.#lostListeners) listener(workspaceId);
  }

  #refuseBeyondCapacity(workspaceId: WorkspaceId): void {
    const { live, starting, capacity } = this.load();
    if (live + starting < capacity && !this.#draining) return;
    throw new CellbookError('capacity_exhausted', {
      doing: `starting a sandbox for workspace ${workspaceId}`,
      problem: this.#draining
        ? 'this host is being stopped'
        : `all ${capacity} places of this host are taken`,
      next: 'Suspend a workspace you do not need, or try again in a little while.',
      ids: { workspaceId, capacity },
      retryAfterMs: limits.lifecycle.capacityRetryAfterMs,
    });
  }
}
