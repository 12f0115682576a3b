/**
 * One sparse ext4 image per workspace, mounted through a loop device; 17 MB of real disk for an empty 1 GB
 * volume. Project quotas on one shared file system would be leaner, but need XFS_QUOTA or QFMT_V2 in the kernel,
 * which many (this project's own machines among them) lack.
 *
 *     absent --make image--> unmounted --mount--> mounted --umount--> unmounted --remove--> absent
 *        └───────── a spare, renamed and bound (spare-homes.ts) ─────────▲
 *
 * An image is made under a draft name and renamed, so one that exists is whole. After a power cut its
 * journal is replayed by the mount.
 */
import { chmod, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type WorkspaceId, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { execute } from './execute.ts';
import type { HomeProvider } from './home-provider.ts';
import { growImage, imageBytes, imageMode, makeImage, mountImage, unmountLazily } from './loop-image.ts';
import { isMountPoint } from './mount-point.ts';
import type { SpareHomes } from './spare-homes.ts';

export class LoopHomes implements HomeProvider {
  readonly kind = 'loop';
  readonly #directory: string;
  readonly #spares: SpareHomes | null;
  readonly #turns = new Map<WorkspaceId, Promise<unknown>>();

  constructor(directory: string, spares: SpareHomes | null = null) {
    this.#directory = resolve(directory);
    this.#spares = spares;
  }

  directoryOf(workspaceId: WorkspaceId): string {
    return join(this.#directory, workspaceId);
  }

  prepareHome(workspaceId: WorkspaceId, diskBytesMax: number): Promise<{ directory: string }> {
    return this.#inTurn(workspaceId, async () => {
      const directory = join(this.#directory, workspaceId);
      await mkdir(directory, { recursive: true, mode: 0o755 });
      if (await isMountPoint(directory)) return { directory };
      const existing = await stat(this.#image(workspaceId)).catch(() => null);
      if (!existing && (await this.#useSpare(workspaceId, diskBytesMax))) return { directory };
      await this.#needImage(workspaceId, diskBytesMax);
      await mountImage(this.#image(workspaceId), directory, `mounting the files of ${workspaceId}`);
      if (!existing) this.#spares?.refill();
      return { directory };
    });
  }

  releaseHome(workspaceId: WorkspaceId): Promise<void> {
    return this.#inTurn(workspaceId, async () => {
      const directory = join(this.#directory, workspaceId);
      if (await isMountPoint(directory))
        await unmountLazily(directory, `unmounting the files of ${workspaceId}`);
      await rm(this.#image(workspaceId), { force: true });
      await rm(`${this.#image(workspaceId)}.draft`, { force: true });
      await rm(directory, { recursive: true, force: true });
    });
  }

  async list(): Promise<WorkspaceId[]> {
    const names = await readdir(this.#directory).catch(() => [] as string[]);
    const ids = names.map((name) => workspaceIdSchema.safeParse(name.replace(/\.ext4$/, '')));
    return [...new Set(ids.flatMap((id) => (id.success ? [id.data] : [])))];
  }

  async close(): Promise<void> {
    while (this.#turns.size > 0) await Promise.all(this.#turns.values());
    await this.#spares?.close();
  }

  /** False where there is none that fits, or it could not be taken: then the home is made, of what there is. */
  async #useSpare(workspaceId: WorkspaceId, diskBytesMax: number): Promise<boolean> {
    const spares = this.#spares;
    const spare = await spares?.take(diskBytesMax);
    if (!spares || !spare) return false;
    try {
      await rename(spare.image, this.#image(workspaceId));
      const argv = ['mount', '--bind', spare.directory, this.directoryOf(workspaceId)];
      await execute(argv, `mounting the files of ${workspaceId}`);
    } catch {
      // First, since an image that is mounted must not be mounted or grown a second time: where that fails, this does.
      await spares.end(spare);
      const home = this.directoryOf(workspaceId);
      // Ended at its deadline, it may have bound it all the same.
      if (await isMountPoint(home)) await unmountLazily(home, `unmounting the files of ${workspaceId}`);
      return false;
    }
    // Behind the caller's back, and before anything else is done to this home, for the same reason.
    void this.#inTurn(workspaceId, () => spares.drop(spare));
    spares.refill();
    return true;
  }

  async #needImage(workspaceId: WorkspaceId, diskBytesMax: number): Promise<void> {
    const image = this.#image(workspaceId);
    const existing = await stat(image).catch(() => null);
    // Earlier versions left it open.
    if (existing) await chmod(image, imageMode);
    if (existing && existing.size >= diskBytesMax) return;
    const doing = `making the volume of ${workspaceId}`;
    if (existing) return growImage(image, diskBytesMax, doing);
    await makeImage(`${image}.draft`, imageBytes(diskBytesMax), doing);
    await rename(`${image}.draft`, image);
  }

  #image(workspaceId: WorkspaceId): string {
    return join(this.#directory, `${workspaceId}.ext4`);
  }

  /** One change at a time per workspace. */
  #inTurn<T>(workspaceId: WorkspaceId, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(workspaceId) ?? Promise.resolve()).then(work, work);
    const settled = turn.catch(() => undefined);
    this.#turns.set(workspaceId, settled);
    void settled.then(() => this.#turns.get(workspaceId) === settled && this.#turns.delete(workspaceId));
    return turn;
  }
}
