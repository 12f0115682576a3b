/**
 * The current tree of one volume and the way to move it: changes are applied to the tree that was seen last,
 * stored, and committed by compare-and-swap. Who loses reads the row and applies the same changes to the
 * newer tree, unless a newer epoch has taken over. Callers hold the workspace's lock.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { settableNs } from './double-seconds.ts';
import type { ManifestStore, VolumeRow } from './manifests/manifest-store.ts';
import { noSuchVolume } from './manifests/refusals.ts';
import type { Entry, StoredDirectory } from './tree/entry.ts';
import { applyChanges, entryAt, type TreeChange } from './tree/tree-change.ts';
import { volumeBytes } from './tree/volume-bytes.ts';
import type { VolumeObjects } from './tree/volume-objects.ts';
import { rootDirectory } from './tree/volume-root.ts';

export type CommitReason = 'create' | 'save' | 'sync' | 'flush' | 'recover' | 'restore' | 'tidy';

export class VolumePointer {
  readonly objects: VolumeObjects;
  readonly #manifests: ManifestStore;
  readonly #clock: Clock;
  #row: VolumeRow;

  constructor(row: VolumeRow, objects: VolumeObjects, manifests: ManifestStore, clock: Clock) {
    this.#row = row;
    this.objects = objects;
    this.#manifests = manifests;
    this.#clock = clock;
  }

  get row(): VolumeRow {
    return this.#row;
  }

  get root(): StoredDirectory {
    return rootDirectory(this.#row.root);
  }

  entryAt(path: readonly string[]): Promise<Entry | undefined> {
    return entryAt(this.objects, this.root, path);
  }

  /** A time that a file can be given without loss (double-seconds.ts). */
  nowNs(): string {
    return String(settableNs(BigInt(Math.floor(this.#clock.nowMs() * 1_000)) * 1_000n));
  }

  /**
   * Applies and commits; gives the version that holds the changes. No change, no version. What it adds to the
   * volume is taken from `reservation`, where there is one.
   */
  async commit(
    changes: readonly TreeChange[],
    reason: CommitReason,
    signal?: AbortSignal,
    reservation?: string,
  ): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      const root = await applyChanges(this.objects, this.root, changes, signal);
      if (root.sha256 === null || root.sha256 === this.#row.root) return this.#row.version;
      try {
        return await this.#move(root.sha256, reason, reservation);
      } catch (error) {
        const lost = error instanceof CellbookError && error.code === 'conflict';
        if (!lost || attempt >= limits.storage.commitAttemptsMax) throw error;
        await this.#readAgain(error);
      }
    }
  }

  /** Makes an earlier tree the current one, as a new version. What files were at each save is not undone by it. */
  async restore(root: string): Promise<number> {
    const earlier = await this.objects.getDirectory(root);
    const changes = (['files', 'marks'] as const).map((area): TreeChange => {
      const entry = earlier.get(area);
      return entry ? { kind: 'set', path: [area], entry } : { kind: 'remove', path: [area] };
    });
    return this.commit(changes, 'restore');
  }

  /** The row under a newer epoch of the same owner's; the tree it points to is what was committed last. */
  claimed(row: VolumeRow): void {
    this.#row = row;
    this.objects.doubt(row.doubtfulUntilMs === null ? null : row.sweeps);
  }

  /** Objects are about to be removed: until it is marked swept, or for as long as that, a removal may arrive. */
  beginSweep(sweeps: number, doubtfulUntilMs: number): void {
    this.#row = { ...this.#row, sweeps, doubtfulUntilMs };
    this.objects.doubt(sweeps);
  }

  /** What is not referred to by any kept version was removed up to this version, and each removal was answered. */
  markSwept(version: number): void {
    this.#row = { ...this.#row, sweptVersion: version, doubtfulUntilMs: null };
    this.objects.doubt(null);
  }

  async #move(root: string, reason: CommitReason, reservation: string | undefined): Promise<number> {
    const { workspaceId, version: expectedVersion, epoch } = this.#row;
    const measured = await volumeBytes(this.objects, root);
    const committedAtMs = this.#clock.nowMs();
    const ids = { workspaceId, expectedVersion, epoch, reservation };
    const commit = { ...ids, ...measured, root, reason, committedAtMs };
    const version = await this.#manifests.commit(commit);
    this.#row = { ...this.#row, version, root };
    return version;
  }

  /** The version moved under us; that the epoch did too means that another owner has the volume now. */
  async #readAgain(lost: CellbookError): Promise<void> {
    const { workspaceId, epoch } = this.#row;
    const row = await this.#manifests.read(workspaceId);
    if (!row) throw noSuchVolume(workspaceId, 'committing a version');
    if (row.epoch !== epoch) throw lost;
    this.claimed(row);
  }
}
