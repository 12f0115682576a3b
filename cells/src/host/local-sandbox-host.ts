/**
 * The host in this process, over any driver. What it has seen of each workspace:
 *
 *     empty ──start──▶ starting ──▶ live ──stop, destroy──▶ stopping ──▶ empty
 *                                  │ ▲ │ ▲ └──it ends by itself──▶ empty, with its loss
 *                                  │ │ └─┘ adopt: the same sandbox under a newer epoch
 *                           freeze ▼ │ thaw
 *                                  frozen ──store──▶ empty, with an image
 *
 * A member of the pool (members.ts) that is claimed comes to `starting` in the place that it had.
 * Every call enters with its epoch: an older one than the newest seen is refused, a newer one is kept first,
 * on disk where the host outlives the process (`epochs`).
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { HostId, SandboxId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Rung } from '@cellbook/shared/protocol/resume.ts';
import type { RestImage } from '../ladder/rest.ts';
import {
  type HostedSandbox,
  nobody,
  type ObservedSandbox,
  type Sandbox,
  type SandboxDriver,
  type SandboxExit,
  type SandboxSpec,
} from '../sandbox/driver.ts';
import type { SnapshotFingerprint } from '../sandbox/snapshot/fingerprint.ts';
import type { ImageShelf, KeptImage } from '../snapshots/image-shelf.ts';
import type { SentImage } from '../snapshots/remote-images.ts';
import { errnoOf } from '../storage/live/errno.ts';
import { type EpochBook, noEpochBook } from './epoch-book.ts';
import { type Golden, type Goldens, noGoldens, ofGeneration } from './golden.ts';
import { Keeper } from './keeper.ts';
import { Members } from './members.ts';
import { type Place, Places } from './places.ts';
import type { HostLoad, HostPool, ImageOwner, SandboxHost, Sight } from './sandbox-host.ts';

export interface LocalSandboxHostDeps<Hosted extends HostedSandbox> {
  hostId: HostId;
  driver: SandboxDriver<Hosted>;
  /** Sandboxes, live and starting together. */
  capacity: number;
  /** Of this machine; a few unless told. */
  processors?: number;
  /** Where images of sandboxes' memory lie; without it none is kept. */
  images?: ImageShelf;
  /** What members of the pool are restored from; absent: there is no pool. */
  goldens?: () => Goldens;
  /** Keeps the newest epochs through a restart of this process; nothing unless given. */
  epochs?: EpochBook;
}

export class LocalSandboxHost<Hosted extends HostedSandbox = Sandbox> implements SandboxHost<Hosted> {
  readonly hostId: HostId;
  readonly #driver: SandboxDriver<Hosted>;
  readonly processors: number;
  readonly #capacity: number;
  readonly #places: Places<Hosted>;
  readonly #keeper: Keeper<Hosted>;
  readonly #images: ImageShelf | null;
  readonly #members: Members<Hosted>;
  readonly #goldens: (() => Goldens) | null;
  readonly #lostListeners: ((workspaceId: WorkspaceId) => void)[] = [];
  #draining = false;
  #waitsForBusy = false;

  constructor(deps: LocalSandboxHostDeps<Hosted>) {
    const { hostId, driver, capacity, images, goldens, epochs = noEpochBook } = deps;
    this.hostId = hostId;
    this.#driver = driver;
    this.#capacity = capacity;
    this.processors = deps.processors ?? 8;
    this.#images = images ?? null;
    this.#places = new Places(driver, epochs);
    this.#keeper = new Keeper({ driver, places: this.#places, images: this.#images });
    this.#members = new Members(driver);
    this.#goldens = (driver.pool && goldens) || null;
  }

  get keeps(): SnapshotFingerprint | null {
    return this.#keeper.fingerprint;
  }

  get pool(): HostPool<Hosted> | null {
    const goldens = this.#goldens?.();
    if (goldens === undefined) return null;
    return {
      own: goldens.own,
      generations: goldens.all.map(({ generation }) => generation),
      ended: this.#members.ended,
      add: (sandboxId, generation, signal) =>
        this.#addMember(sandboxId, ofGeneration(goldens, generation), signal),
      drop: (sandboxId) => this.#members.dropUnclaimed(sandboxId),
      claim: (spec, signal) => this.#claim(spec, signal),
    };
  }

  get isOpen(): boolean {
    return !this.#draining;
  }

  get isDraining(): boolean {
    return this.#draining;
  }

  get waitsForBusy(): boolean {
    return this.#waitsForBusy;
  }

  /** From now on nothing is started here; `waitsForBusy`: what computes now may go on for a while. */
  refuseNew({ waitsForBusy = false } = {}): void {
    this.#draining = true;
    this.#waitsForBusy = waitsForBusy;
  }

  /** Ends every sandbox that is nobody's. */
  async dropMembers(): Promise<void> {
    try {
      await this.#members.giveWay(this.#members.count);
    } finally {
      await this.#driver.ahead?.drop();
    }
  }

  start(spec: SandboxSpec, signal: AbortSignal, image?: KeptImage): Promise<Hosted> {
    const rung = image === undefined ? 'cold' : image.remoteOf === undefined ? 'memory' : 'memory-remote';
    return this.#settle(spec, rung, () => {
      const { live, starting, members, capacity } = this.#loadWith(spec.workspaceId);
      return this.#members
        .giveWay(live + starting + 1 + members - capacity)
        .then(() => this.#bringUp(spec, signal, image));
    });
  }

  #claim(spec: SandboxSpec, signal: AbortSignal): Promise<Hosted> {
    // Its own place is free for it already, and was taken by nobody else meanwhile.
    return this.#settle(spec, 'files', () => {
      if (this.#draining) throw this.#refusal(spec.workspaceId);
      return this.#members.take(spec.sandboxId).claim(spec, signal);
    });
  }

  async #addMember(sandboxId: SandboxId, golden: Golden | null, signal: AbortSignal): Promise<void> {
    const { live, starting, members, capacity } = this.load();
    if (this.#draining || live + starting + members >= capacity) throw this.#refusal(nobody);
    await this.#members.add(sandboxId, golden, signal);
  }

  /** The sandbox of this epoch, or what `bring` brings up: its first part, up to an await, decides about the place. */
  async #settle(spec: SandboxSpec, rung: Rung, bring: () => Promise<Hosted>): Promise<Hosted> {
    const place = await this.#places.enter(spec.workspaceId, spec.epoch, 'starting a sandbox');
    await this.#clearOlder(spec.workspaceId, place, spec.epoch);
    // Anything may have happened while older ones were destroyed.
    this.#places.refuseOlder(place, spec, 'starting a sandbox');
    if (place.sandbox && !place.stopping && !place.frozen) return place.sandbox;
    if (place.starting) {
      // Whoever asked for that one may have given it up: what it came to is no answer to this call.
      const came = await place.starting.catch(() => null);
      return came ?? this.#settle(spec, rung, bring);
    }
    const starting = this.#bringTo(spec, place, bring()).then((sandbox) => {
      place.cameBy = rung;
      return sandbox;
    });
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
    image: KeptImage,
    signal: AbortSignal,
  ): Promise<RestImage | null> {
    return this.#keeper.store(workspaceId, epoch, image, signal);
  }

  openAhead(workspaceId: WorkspaceId, image: KeptImage): void {
    this.#keeper.openAhead(workspaceId, image);
  }

  sendImage(workspaceId: WorkspaceId, image: KeptImage, signal: AbortSignal): Promise<SentImage> {
    return this.#keeper.send(workspaceId, image, signal);
  }

  async images(): Promise<SandboxId[]> {
    return (await this.#images?.list()) ?? [];
  }

  async dropImage(imageOf: SandboxId, by?: ImageOwner): Promise<void> {
    if (by) await this.enter(by.workspaceId, by.epoch, 'dropping its image');
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
    await this.#members.drop(sandboxId);
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

  /**
   * Whoever moves files or removes images here does so first: an older owner is refused from then on. That it is kept
   * on disk is not waited for where it cannot be: on a full disk these are what makes room, and the row of the files
   * fences them as well.
   */
  async enter(workspaceId: WorkspaceId, epoch: number, doing: string): Promise<void> {
    await this.#places.enter(workspaceId, epoch, doing).catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOSPC' && errnoOf(error) !== 'EDQUOT') throw error;
    });
  }

  /** The newest epoch that acted on a workspace here; 0 when none has. */
  epochOf(workspaceId: WorkspaceId): number {
    return this.#places.get(workspaceId)?.epoch ?? 0;
  }

  cameBy(workspaceId: WorkspaceId): Rung | null {
    return this.current(workspaceId) && (this.#places.get(workspaceId)?.cameBy ?? null);
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
    return { live, frozen, starting, members: this.#members.count, capacity: this.#capacity };
  }

  /** Its files cannot be read here any more: what runs there, or is about to, is ended: a loss to its controller. */
  async endWithoutFiles(workspaceId: WorkspaceId): Promise<void> {
    const place = this.#places.get(workspaceId);
    await place?.starting?.catch(() => null);
    const sandbox = place?.sandbox;
    if (sandbox) await this.#driver.destroy(sandbox.id, { reason: 'files_lost' });
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

  async #bringTo(spec: SandboxSpec, place: Place<Hosted>, bringing: Promise<Hosted>): Promise<Hosted> {
    const sandbox = await bringing;
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
    if (image !== undefined) return this.#keeper.restore(spec, image, signal);
    const golden = ofGeneration(this.#goldens?.() ?? noGoldens, spec.golden);
    if (golden === null) return this.#driver.start(spec, signal);
    return this.#members.startFrom(golden, spec, signal);
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

  /** Throws where there is no place but those of members. */
  #loadWith(workspaceId: WorkspaceId): HostLoad {
    const load = this.load();
    if (load.live + load.starting < load.capacity && !this.#draining) return load;
    throw this.#refusal(workspaceId);
  }

  #refusal(workspaceId: WorkspaceId): CellbookError {
    const capacity = this.#capacity;
    return new CellbookError('capacity_exhausted', {
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
