/**
 * What a host knows of each workspace's sandbox, and who may act on it: every call enters with its epoch, an
 * older one than the newest seen is refused, a newer one is kept first, on disk where the host outlives the
 * process.
 */
import { refuseOlderEpoch } from '@cellbook/shared/epoch.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { Rung } from '@cellbook/shared/protocol/resume.ts';
import type { HostedSandbox, SandboxDriver, SandboxExit } from '../sandbox/driver.ts';
import { KeyedLock } from '../storage/keyed-lock.ts';
import type { EpochBook } from './epoch-book.ts';

export interface Place<Hosted> {
  /** The newest epoch seen. Places are kept for good: 20,000 workspaces are 3 MB, and forgetting one would unfence it. */
  epoch: number;
  /** Counts against capacity until nothing of it is left, so also while it is being destroyed. */
  sandbox: Hosted | null;
  /** True from the moment its end was asked for: it is no longer handed out and its exit is no loss. */
  stopping: boolean;
  /** Paused in memory, or about to be: it is not handed out. */
  frozen: boolean;
  /** Set from before the driver is asked until it has answered. */
  starting: Promise<Hosted> | null;
  startingEpoch: number;
  loss: SandboxExit | null;
  /** By which rung its sandbox came back. */
  cameBy: Rung | null;
}

export class Places<Hosted extends HostedSandbox> {
  /** Taking over, freezing, thawing and storing one sandbox: the record on disk must not end with the older of two epochs. */
  readonly changes = new KeyedLock<WorkspaceId>();
  readonly #driver: SandboxDriver<Hosted>;
  readonly #epochs: EpochBook;
  readonly #places = new Map<WorkspaceId, Place<Hosted>>();

  constructor(driver: SandboxDriver<Hosted>, epochs: EpochBook) {
    this.#driver = driver;
    this.#epochs = epochs;
    for (const [workspaceId, epoch] of epochs.known()) this.#places.set(workspaceId, emptyPlace(epoch));
  }

  get(workspaceId: WorkspaceId): Place<Hosted> | undefined {
    return this.#places.get(workspaceId);
  }

  all(): Iterable<Place<Hosted>> {
    return this.#places.values();
  }

  /** Refuses an older epoch; a newer one is remembered before anything is done under it. */
  async enter(workspaceId: WorkspaceId, epoch: number, doing: string): Promise<Place<Hosted>> {
    const place = this.#places.get(workspaceId) ?? emptyPlace(epoch);
    this.refuseOlder(place, { workspaceId, epoch }, doing);
    const isNewer = place.epoch < epoch || !this.#places.has(workspaceId);
    place.epoch = epoch;
    this.#places.set(workspaceId, place);
    if (isNewer) await this.#epochs.raise(workspaceId, epoch);
    else await this.#epochs.settled(workspaceId);
    return place;
  }

  refuseOlder(place: Place<Hosted>, by: { workspaceId: WorkspaceId; epoch: number }, doing: string): void {
    const { workspaceId, epoch } = by;
    refuseOlderEpoch(epoch, place.epoch, `the host (${doing})`, { workspaceId });
  }

  /** The sandbox under this epoch, if there is one that is not being ended. The caller holds `changes`. */
  async relabel(workspaceId: WorkspaceId, place: Place<Hosted>, epoch: number): Promise<Hosted | null> {
    const by = { workspaceId, epoch };
    this.refuseOlder(place, by, 'taking over a sandbox');
    const { sandbox } = place;
    if (!sandbox || place.stopping) return null;
    if (sandbox.epoch === epoch) return sandbox;
    const relabelled = await this.#driver.relabel(sandbox.id, epoch);
    if (!relabelled || place.sandbox?.id !== sandbox.id || place.stopping) return null;
    place.sandbox = relabelled;
    this.refuseOlder(place, by, 'taking over a sandbox');
    return relabelled;
  }
}

const emptyPlace = (epoch: number) => ({
  epoch,
  sandbox: null,
  stopping: false,
  frozen: false,
  starting: null,
  startingEpoch: 0,
  loss: null,
  cameBy: null,
});
