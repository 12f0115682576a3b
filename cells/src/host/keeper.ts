/** Keeps sandboxes' memory on a host: frozen in their places, or as images on its disk. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { RestImage } from '../ladder/rest.ts';
import type { HostedSandbox, SandboxDriver, SandboxSnapshots, SandboxSpec } from '../sandbox/driver.ts';
import type { SnapshotFingerprint } from '../sandbox/snapshot/fingerprint.ts';
import type { ImageShelf, KeptImage } from '../snapshots/image-shelf.ts';
import type { SentImage } from '../snapshots/remote-images.ts';
import type { Places } from './places.ts';

export interface KeeperDeps<Hosted extends HostedSandbox> {
  driver: SandboxDriver<Hosted>;
  places: Places<Hosted>;
  /** Null where no memory is kept. */
  images: ImageShelf | null;
}

export class Keeper<Hosted extends HostedSandbox> {
  readonly #driver: SandboxDriver<Hosted>;
  readonly #places: Places<Hosted>;
  readonly #images: ImageShelf | null;

  constructor({ driver, places, images }: KeeperDeps<Hosted>) {
    this.#driver = driver;
    this.#places = places;
    this.#images = images;
  }

  get fingerprint(): SnapshotFingerprint | null {
    return this.#images && (this.#driver.snapshots?.fingerprint ?? null);
  }

  async freeze(workspaceId: WorkspaceId, epoch: number, signal: AbortSignal): Promise<void> {
    const { snapshots } = this.#parts(workspaceId);
    const place = await this.#places.enter(workspaceId, epoch, 'freezing a sandbox');
    await this.#places.changes.run(workspaceId, async () => {
      const sandbox = await this.#places.relabel(workspaceId, place, epoch);
      if (!sandbox) throw notHere(workspaceId);
      if (place.frozen) return;
      place.frozen = true;
      try {
        await snapshots.freeze(sandbox.id, signal);
      } catch (error) {
        place.frozen = false;
        throw error;
      }
    });
  }

  async thaw(workspaceId: WorkspaceId, epoch: number, signal: AbortSignal): Promise<Hosted | null> {
    const { snapshots } = this.#parts(workspaceId);
    const place = await this.#places.enter(workspaceId, epoch, 'thawing a sandbox');
    return this.#places.changes.run(workspaceId, async () => {
      const sandbox = await this.#places.relabel(workspaceId, place, epoch);
      if (!sandbox) return null;
      if (place.frozen) {
        await snapshots.thaw(sandbox.id, signal);
        place.cameBy = 'live';
      }
      place.frozen = false;
      return sandbox;
    });
  }

  async store(
    workspaceId: WorkspaceId,
    epoch: number,
    kept: KeptImage,
    signal: AbortSignal,
  ): Promise<RestImage | null> {
    const { snapshots, images } = this.#parts(workspaceId);
    const place = await this.#places.enter(workspaceId, epoch, 'storing a sandbox');
    return this.#places.changes.run(workspaceId, async () => {
      this.#places.refuseOlder(place, { workspaceId, epoch }, 'storing a sandbox');
      const { sandbox } = place;
      // Whoever asked for it before may have died with the answer.
      if (!sandbox) return images.stored(kept, signal);
      if (sandbox.id !== kept.of || !place.frozen || place.stopping) return null;
      place.stopping = true;
      try {
        const { bytes, fingerprint } = await images.write(kept, async (directory) => {
          const image = await snapshots.checkpoint(sandbox.id, directory, signal);
          // Its place is free while its image is still sealed.
          if (place.sandbox?.id === sandbox.id) place.sandbox = null;
          place.frozen = false;
          return image;
        });
        return { bytes, fingerprint };
      } finally {
        // One that could not be stored is frozen still, and is stopped by whoever asked.
        place.stopping = false;
      }
    });
  }

  restore(spec: SandboxSpec, image: KeptImage, signal: AbortSignal): Promise<Hosted> {
    const { snapshots, images } = this.#parts(spec.workspaceId);
    const healed = { ...image, copyOf: spec.workspaceId };
    return images.read(healed, (directory) => snapshots.restore(spec, directory, signal), signal);
  }

  openAhead(workspaceId: WorkspaceId, image: KeptImage): void {
    this.#images?.openAhead({ ...image, copyOf: workspaceId });
  }

  async send(workspaceId: WorkspaceId, image: KeptImage, signal: AbortSignal): Promise<SentImage> {
    return this.#parts(workspaceId).images.send(workspaceId, image, signal);
  }

  #parts(workspaceId: WorkspaceId): { snapshots: SandboxSnapshots<Hosted>; images: ImageShelf } {
    const { snapshots } = this.#driver;
    if (snapshots && this.#images) return { snapshots, images: this.#images };
    throw new CellbookError('sandbox_unavailable', {
      doing: `keeping the memory of workspace ${workspaceId}`,
      problem: 'this host keeps no memory',
      ids: { workspaceId },
    });
  }
}

const notHere = (workspaceId: WorkspaceId): CellbookError =>
  new CellbookError('sandbox_unavailable', {
    doing: `freezing the sandbox of workspace ${workspaceId}`,
    problem: 'it is not here',
    ids: { workspaceId },
  });
