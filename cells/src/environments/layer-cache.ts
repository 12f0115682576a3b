/**
 * Layers as this host has unpacked them, each once, under its root's name and its organisation's. A home is given a
 * copy: homes are file systems of their own (sandbox/quota), so nothing can be shared with them by links, and what a
 * sandbox writes is never here.
 *
 *     absent ─▶ draft: objects become files ─▶ renamed: whole ─▶ copied any number of times ─▶ removed, longest unused first
 *
 * What the page cache had is gone after a power cut, so layers lie under the run of the host's kernel that made them.
 */
import { execFile } from 'node:child_process';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { OrgId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { KeyedLock } from '../storage/keyed-lock.ts';
import { makeSandboxDirectory } from '../storage/live/home-provider.ts';
import { readBootId } from '../storage/live/markers.ts';
import { materialise } from '../storage/live/materialise.ts';
import type { VolumeObjects } from '../storage/tree/volume-objects.ts';
import type { Layer } from './environment-store.ts';
import { rootOf } from './layer.ts';
import { DamagedLayer } from './org-objects.ts';

export interface LayerCacheParts {
  directory: string;
  random: Random;
  bytesMax?: number;
}

interface Unpacked {
  bytes: number;
  users: number;
}

export class LayerCache {
  readonly #parts: LayerCacheParts;
  readonly #lock = new KeyedLock<string>();
  /** By name, longest unused first. */
  readonly #layers = new Map<string, Unpacked>();
  #opened: Promise<string> | null = null;

  constructor(parts: LayerCacheParts) {
    this.#parts = parts;
  }

  /** Copies a layer, with everything in it, into an empty directory. */
  async copyTo(target: string, orgId: OrgId, layer: Layer, objects: VolumeObjects, signal: AbortSignal) {
    if (layer.root === null) return;
    const name = `${orgId}-${layer.root}`;
    await this.#use(name, layer, objects, signal, (source) => copyTree(source, target, signal));
  }

  /** What is unpacked now, in bytes. */
  get bytes(): number {
    return [...this.#layers.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  async #use(
    name: string,
    layer: Layer,
    objects: VolumeObjects,
    signal: AbortSignal,
    work: (source: string) => Promise<void>,
  ): Promise<void> {
    this.#opened ??= this.#open();
    const root = await this.#opened;
    const unpacked = await this.#lock.run(name, async () => {
      const found = this.#layers.get(name) ?? (await this.#unpack(root, name, layer, objects, signal));
      found.users++;
      this.#layers.delete(name);
      this.#layers.set(name, found);
      return found;
    });
    try {
      await work(join(root, name));
    } finally {
      unpacked.users--;
      await this.#evict(root);
    }
  }

  /** One that was cut short is gone on with: a large layer takes longer than a resume may. */
  async #unpack(root: string, name: string, layer: Layer, objects: VolumeObjects, signal: AbortSignal) {
    const draft = join(root, `${name}.draft`);
    await makeSandboxDirectory(draft);
    const handle = await open(draft);
    const tools = { objects, random: this.#parts.random, signal };
    try {
      await materialise(tools, handle, rootOf(layer)).finally(() => handle.close());
    } catch (error) {
      if (error instanceof DamagedLayer) await rm(draft, { recursive: true, force: true });
      throw error;
    }
    await rename(draft, join(root, name));
    return { bytes: layer.bytes, users: 0 };
  }

  async #evict(root: string): Promise<void> {
    const bytesMax = this.#parts.bytesMax ?? limits.environments.cacheBytesMax;
    for (const [name, { users }] of [...this.#layers]) {
      if (this.bytes <= bytesMax) return;
      if (users > 0) continue;
      await this.#lock.run(name, async () => {
        if (this.#layers.get(name)?.users !== 0) return;
        this.#layers.delete(name);
        await rm(join(root, name), { recursive: true, force: true });
      });
    }
  }

  /** Begins with nothing: what an earlier process of this run left is known by nobody's size, and costs one unpacking. */
  async #open(): Promise<string> {
    const root = join(this.#parts.directory, await readBootId());
    for (const name of await readdir(this.#parts.directory).catch(() => []))
      await rm(join(this.#parts.directory, name), { recursive: true, force: true });
    await mkdir(root, { recursive: true, mode: 0o700 });
    return root;
  }
}

/** The system's own copies 10,000 files in the time in which we would open a tenth of them. */
function copyTree(source: string, target: string, signal: AbortSignal): Promise<void> {
  const options = { signal, timeout: limits.environments.copyMsMax, killSignal: 'SIGKILL' as const };
  return new Promise((resolve, reject) => {
    execFile(
      'cp',
      ['--archive', '--reflink=auto', '--no-target-directory', source, target],
      options,
      (error, _, said) => {
        if (!error) return resolve();
        const problem = `cp failed: ${said.trim().slice(-500) || error.message}`;
        const next = 'Look at the disk of the sandbox host.';
        reject(
          new CellbookError('sandbox_unavailable', {
            doing: 'attaching installed packages',
            problem,
            next,
            cause: error,
          }),
        );
      },
    );
  });
}
