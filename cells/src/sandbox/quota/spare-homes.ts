/**
 * Homes made and mounted ahead, nobody's yet, so that whoever needs one waits for a rename and a bind mount and
 * not for a new file system and its mount (`node cells/src/sandbox/testing/home-cost.ts` measures both).
 *
 *     .spares/<n>.ext4   ── rename ──▶  <workspace>.ext4     the same file, the same loop device
 *     .spares/<n>/       ─── bind ───▶  <workspace>/         the same file system; then this end is unmounted
 *
 * A spare is of one process: the next one removes what it finds here before it makes its own. What is mounted
 * here after a kill may by then be a workspace's file system, seen a second time: so it is only ever unmounted,
 * and only empty directories are removed, never what is in them.
 */
import { mkdir, readdir, rm, rmdir, statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { execute } from './execute.ts';
import { imageBytes, makeImage, mountImage, unmountLazily } from './loop-image.ts';
import { isMountPoint } from './mount-point.ts';

export interface SpareHomesParts {
  /** Where the homes are. */
  directory: string;
  /** The size that homes of this host usually have. */
  diskBytesMax: number;
  clock: Clock;
  random: Random;
  log: Pick<Logger, 'warn'>;
}

export interface SpareHome {
  image: string;
  directory: string;
}

export const sparesOf = (homesDirectory: string): string => join(resolve(homesDirectory), '.spares');

export class SpareHomes {
  readonly #parts: SpareHomesParts;
  readonly #directory: string;
  readonly #ready: SpareHome[] = [];
  #timer: Timer | null = null;
  /** What is done in the background, one after another. */
  #work: Promise<void> = Promise.resolve();
  #isClosed = false;

  private constructor(parts: SpareHomesParts) {
    this.#parts = parts;
    this.#directory = sparesOf(parts.directory);
  }

  static async open(parts: SpareHomesParts): Promise<SpareHomes> {
    const spares = new SpareHomes(parts);
    await removeSpares(parts.directory, parts.log);
    spares.refill();
    return spares;
  }

  /**
   * One of that size, for this caller alone, or null. Null too where the disk has little room: its blocks are not
   * there before they are written, and making one is what tells a caller that they will not come.
   */
  async take(diskBytesMax: number): Promise<SpareHome | null> {
    if (imageBytes(diskBytesMax) !== imageBytes(this.#parts.diskBytesMax)) return null;
    if (this.#ready.length === 0 || !(await this.#hasRoom())) return null;
    return this.#ready.shift() ?? null;
  }

  /** A while after a home was made: whoever makes one needs the processors more. */
  refill(): void {
    if (this.#isClosed || this.#timer) return;
    this.#timer = this.#parts.clock.setTimer(limits.sandbox.spareHomeDelayMs, () => {
      this.#timer = null;
      this.#work = this.#work.then(() => this.#fill());
    });
  }

  /** Resolves when nothing is under way. */
  settled(): Promise<void> {
    return this.#work;
  }

  /** Takes this end of a spare away: what has been renamed and bound stays. */
  end(spare: SpareHome): Promise<void> {
    return remove(spare);
  }

  /** The same, where nothing depends on it: what fails is left to the next start. */
  drop(spare: SpareHome): Promise<void> {
    return dropSpare(spare, this.#parts.log);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#work;
    for (const spare of this.#ready.splice(0)) await this.drop(spare);
    await rmdir(this.#directory).catch(() => undefined);
  }

  async #fill(): Promise<void> {
    try {
      while (!this.#isClosed && this.#ready.length < limits.sandbox.spareHomesMax) {
        if (!(await this.#hasRoom())) return;
        this.#ready.push(await this.#make());
      }
    } catch (error) {
      // The next home is made as it is needed, and says why where it cannot be; after it this is tried again.
      this.#parts.log.warn({ err: error }, 'no home could be made ahead');
    }
  }

  async #make(): Promise<SpareHome> {
    const directory = join(this.#directory, this.#parts.random.uuid());
    const spare = { directory, image: `${directory}.ext4` };
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o755 });
      await makeImage(spare.image, imageBytes(this.#parts.diskBytesMax), doing);
      await mkdir(directory, { mode: 0o755 });
      await mountImage(spare.image, directory, doing);
      // Where the host shares its mounts, what is mounted in a home would appear at this end too, and hold it.
      await execute(['mount', '--make-private', directory], doing);
      return spare;
    } catch (error) {
      await this.drop(spare);
      throw error;
    }
  }

  async #hasRoom(): Promise<boolean> {
    const { bavail, bsize } = await statfs(this.#parts.directory);
    return bavail * bsize >= limits.host.diskHeadroomBytesMin;
  }
}

/** Those that a process before this one has left. */
export async function removeSpares(homesDirectory: string, log: Pick<Logger, 'warn'>): Promise<void> {
  const names = await readdir(sparesOf(homesDirectory)).catch(() => [] as string[]);
  const left = new Set(names.map((name) => join(sparesOf(homesDirectory), name.replace(/\.ext4$/, ''))));
  for (const directory of left) await dropSpare({ directory, image: `${directory}.ext4` }, log);
}

const dropSpare = (spare: SpareHome, log: Pick<Logger, 'warn'>): Promise<void> =>
  remove(spare).catch((error: unknown) =>
    log.warn({ err: error, directory: spare.directory }, 'a spare home stays until the next start'),
  );

async function remove({ directory, image }: SpareHome): Promise<void> {
  if (await isMountPoint(directory)) await unmountLazily(directory, doing);
  await orAbsent(rmdir(directory));
  await rm(image, { force: true });
}

const doing = 'keeping a home ready';

const orAbsent = (removal: Promise<void>): Promise<void> =>
  removal.catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  });
