/**
 * The host in this process, over any driver. What it has seen of each workspace:
 *
 *     empty ──start──▶ starting ──▶ live ──stop, destroy──▶ stopping ──▶ empty
 *                                   │ ▲ └──it ends by itself──▶ empty, with its loss
 *                                   └─┘ adopt: the same sandbox under a newer epoch
 *
 * Every call enters with its epoch: an older one than the newest seen is refused, a newer one is kept first,
 * on disk where the host outlives the process (`epochs`).
 */
import { refuseOlderEpoch } from '@cellbook/shared/epoch.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { HostId, SandboxId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type {
  HostedSandbox,
  ObservedSandbox,
  Sandbox,
  SandboxDriver,
  SandboxExit,
  SandboxSpec,
} from '../sandbox/driver.ts';
import { KeyedLock } from '../storage/keyed-lock.ts';
import { type EpochBook, noEpochBook } from './epoch-book.ts';
import type { HostLoad, SandboxHost, Sight } from './sandbox-host.ts';

export interface LocalSandboxHostDeps<Hosted extends HostedSandbox> {
  hostId: HostId;
  driver: SandboxDriver<Hosted>;
  /** Sandboxes, live and starting together. */
  capacity: number;
  /** Keeps the newest epochs through a restart of this process; nothing unless given. */
  epochs?: EpochBook;
}

interface Place<Hosted> {
  /** The newest epoch seen. Places are kept for good: 20,000 workspaces are 3 MB, and forgetting one would unfence it. */
  epoch: number;
  /** Counts against capacity until nothing of it is left, so also while it is being destroyed. */
  sandbox: Hosted | null;
  /** True from the moment its end was asked for: it is no longer handed out and its exit is no loss. */
  stopping: boolean;
  /** Set from before the driver is asked until it has answered. */
  starting: Promise<Hosted> | null;
  startingEpoch: number;
  loss: SandboxExit | null;
}

export class LocalSandboxHost<Hosted extends HostedSandbox = Sandbox> implements SandboxHost<Hosted> {
  readonly hostId: HostId;
  readonly #driver: SandboxDriver<Hosted>;
  readonly #capacity: number;
  readonly #epochs: EpochBook;
  readonly #places = new Map<WorkspaceId, Place<Hosted>>();
  readonly #lostListeners: ((workspaceId: WorkspaceId) => void)[] = [];
  readonly #adoptions = new KeyedLock<WorkspaceId>();
  #draining = false;

  constructor({ hostId, driver, capacity, epochs = noEpochBook }: LocalSandboxHostDeps<Hosted>) {
    this.hostId = hostId;
    this.#driver = driver;
    this.#capacity = capacity;
    this.#epochs = epochs;
    for (const [workspaceId, epoch] of epochs.known()) this.#places.set(workspaceId, emptyPlace(epoch));
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

  async start(spec: SandboxSpec, signal: AbortSignal): Promise<Hosted> {
    const place = await this.#enter(spec.workspaceId, spec.epoch, 'starting a sandbox');
    await this.#clearOlder(spec.workspaceId, place, spec.epoch);
    // Anything may have happened while older ones were destroyed.
    this.#refuseOlder(place, spec, 'starting a sandbox');
    if (place.sandbox && !place.stopping) return place.sandbox;
    if (place.starting) return place.starting;
    this.#refuseBeyondCapacity(spec.workspaceId);
    const starting = this.#startWithDriver(spec, place, signal);
    place.starting = starting;
    place.startingEpoch = spec.epoch;
    try {
      return await starting;
    } finally {
      if (place.starting === starting) place.starting = null;
    }
  }

  async adopt(workspaceId: WorkspaceId, epoch: number): Promise<Hosted | null> {
    const place = await this.#enter(workspaceId, epoch, 'adopting a sandbox');
    // One at a time: the record on disk must not end with the older of two epochs.
    return this.#adoptions.run(workspaceId, async () => {
      this.#refuseOlder(place, { workspaceId, epoch }, 'adopting a sandbox');
      const { sandbox } = place;
      if (!sandbox || place.stopping) return null;
      if (sandbox.epoch === epoch) return sandbox;
      const adopted = await this.#driver.relabel(sandbox.id, epoch);
      if (!adopted || place.sandbox?.id !== sandbox.id || place.stopping) return null;
      place.sandbox = adopted;
      this.#refuseOlder(place, { workspaceId, epoch }, 'adopting a sandbox');
      return adopted;
    });
  }

  async stop(workspaceId: WorkspaceId, epoch: number): Promise<void> {
    const place = await this.#enter(workspaceId, epoch, 'stopping a sandbox');
    await this.#clearOlder(workspaceId, place, epoch + 1);
    place.loss = null;
  }

  async destroy(sandboxId: SandboxId): Promise<void> {
    const place = [...this.#places.values()].find((candidate) => candidate.sandbox?.id === sandboxId);
    if (place) place.stopping = true;
    await this.#driver.destroy(sandboxId);
    if (place?.sandbox?.id === sandboxId) place.sandbox = null;
  }

  current(workspaceId: WorkspaceId): Hosted | null {
    const place = this.#places.get(workspaceId);
    return place && !place.stopping ? place.sandbox : null;
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
    const places = [...this.#places.values()];
    const live = places.filter((place) => place.sandbox !== null).length;
    const starting = places.filter((place) => place.starting !== null && place.sandbox === null).length;
    return { live, starting, capacity: this.#capacity };
  }

  onLost(listener: (workspaceId: WorkspaceId) => void): void {
    this.#lostListeners.push(listener);
  }

  /** Refuses an older epoch; a newer one is remembered before anything is done under it. */
  async #enter(workspaceId: WorkspaceId, epoch: number, doing: string): Promise<Place<Hosted>> {
    const place = this.#places.get(workspaceId) ?? emptyPlace(epoch);
    this.#refuseOlder(place, { workspaceId, epoch }, doing);
    const isNewer = place.epoch < epoch || !this.#places.has(workspaceId);
    place.epoch = epoch;
    this.#places.set(workspaceId, place);
    if (isNewer) await this.#epochs.raise(workspaceId, epoch);
    else await this.#epochs.settled(workspaceId);
    return place;
  }

  #refuseOlder(place: Place<Hosted>, by: { workspaceId: WorkspaceId; epoch: number }, doing: string): void {
    const { workspaceId, epoch } = by;
    refuseOlderEpoch(epoch, place.epoch, `the host (${doing})`, { workspaceId });
  }

  /** Destroys what the workspace has under epochs below `belowEpoch`, sandboxes of dead processes included. */
  async #clearOlder(workspaceId: WorkspaceId, place: Place<Hosted>, belowEpoch: number): Promise<void> {
    if (place.starting && place.startingEpoch < belowEpoch) await place.starting.catch(() => {});
    // One whose end was asked for and did not succeed is ended now, whatever its epoch.
    const isOver = place.sandbox !== null && (place.stopping || place.sandbox.epoch < belowEpoch);
    if (place.sandbox && isOver) await this.destroy(place.sandbox.id);
    const found = (await this.#driver.list()).filter((sandbox) => sandbox.workspaceId === workspaceId);
    for (const { sandboxId, epoch, attached } of found) {
      if (epoch < belowEpoch || !attached) await this.destroy(sandboxId);
    }
  }

  async #startWithDriver(spec: SandboxSpec, place: Place<Hosted>, signal: AbortSignal): Promise<Hosted> {
    const sandbox = await this.#driver.start(spec, signal);
    if (place.epoch > spec.epoch) {
      await this.#driver.destroy(sandbox.id);
      this.#refuseOlder(place, spec, 'starting a sandbox');
    }
    place.sandbox = sandbox;
    place.stopping = false;
    place.loss = null;
    void sandbox.exited.then((exit) => this.#noteExit(sandbox, place, exit));
    return sandbox;
  }

  #noteExit({ id, workspaceId }: Hosted, place: Place<Hosted>, exit: SandboxExit): void {
    if (place.sandbox?.id !== id || place.stopping) return;
    place.sandbox = null;
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

const emptyPlace = (epoch: number) => ({
  epoch,
  sandbox: null,
  stopping: false,
  starting: null,
  startingEpoch: 0,
  loss: null,
});
