/**
 * Where images are in the clear, on their way between a sandbox and the disk: a file system in this machine's
 * memory, of its own, which never gets to a disk (`noswap`, Linux 6.4; before that only where there is no swap).
 */
import { mkdir, mkdtemp, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@cellbook/shared/log.ts';
import { execute } from '../sandbox/quota/execute.ts';

export class Scratch {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** What an earlier process left there goes. Null, and said loudly, where none can be made. */
  static async mount(directory: string, log: Pick<Logger, 'warn'>): Promise<Scratch | null> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await unmount(directory);
    try {
      await mountMemory(directory, 'noswap').catch(() => mountMemory(directory));
      return new Scratch(directory);
    } catch (error) {
      log.warn(
        { err: error, directory },
        'this host cannot mount a tmpfs (root is needed): NO MEMORY IS KEPT',
      );
      return null;
    }
  }

  /** A directory of its own, for as long as it is wanted. */
  async make(): Promise<{ directory: string; remove(): Promise<void> }> {
    const directory = await mkdtemp(join(this.#directory, 'image-'));
    return { directory, remove: () => rm(directory, { recursive: true, force: true }) };
  }

  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#directory);
    return bavail * bsize;
  }

  /** Runs `work` with a directory that is gone afterwards. */
  async use<T>(work: (directory: string) => Promise<T>): Promise<T> {
    const { directory, remove } = await this.make();
    try {
      return await work(directory);
    } finally {
      await remove();
    }
  }

  async unmount(): Promise<void> {
    await unmount(this.#directory);
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** Half of the memory, as much as a tmpfs takes unless told: what does not fit is not kept. */
function mountMemory(directory: string, ...options: string[]): Promise<void> {
  const all = ['size=50%', 'mode=0700', ...options].join(',');
  return execute(['mount', '-t', 'tmpfs', '-o', all, 'cellbook-images', directory], 'mounting a tmpfs');
}

const notMounted = 32;
/** At once, also while a sandbox still reads from it. */
const unmount = (directory: string): Promise<void> =>
  execute(['umount', '-l', directory], 'unmounting a tmpfs', [0, notMounted]);
