/**
 * The golden images of this host: the one of what it runs now, and older ones that it can still restore, so that a
 * pool can go back to them (pool/staged). An image is named by what it is made of, and is made once:
 *
 *     look at what lies there ─▶ it is there: done
 *                             └▶ wait a while ─▶ lock ─▶ look again ─▶ make ─▶ forget the least used
 *
 * The directory may be shared by hosts of one machine. Nothing of any user is in an image.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Sandbox, SandboxDriver, SandboxLimits } from '../../sandbox/driver.ts';
import { type GoldenRecipe, makeGoldenImage } from '../../sandbox/golden/make-golden-image.ts';
import { whyNotRestorable } from '../../sandbox/snapshot/fingerprint.ts';
import { readSnapshot, shapeOf } from '../../sandbox/snapshot/snapshot-files.ts';
import { type Golden, type Goldens, noGoldens } from '../golden.ts';
import type { DaemonTools } from './daemon.ts';
import { withFileLock } from './file-lock.ts';

export interface GoldenKeeperDeps extends DaemonTools {
  /** Its own: its sandboxes are none of the host's. */
  driver: SandboxDriver<Sandbox>;
  /** Where images lie. */
  directory: string;
  limits: SandboxLimits;
  recipe: GoldenRecipe;
  supervisorDigest: string;
  hasEgress: boolean;
}

export class GoldenKeeper {
  readonly #deps: GoldenKeeperDeps;
  readonly #closing = new AbortController();
  #goldens: Goldens = noGoldens;
  #making: Promise<void> = Promise.resolve();

  constructor(deps: GoldenKeeperDeps) {
    this.#deps = deps;
  }

  get current(): Goldens {
    return this.#goldens;
  }

  /** Tried again until it is made. */
  start(): void {
    const { clock, log } = this.#deps;
    this.#making = this.#open().catch((error: unknown) => {
      if (this.#closing.signal.aborted) return;
      log.warn({ err: error }, 'the image for the pool could not be made; it is tried again');
      const timer = clock.setTimer(limits.pool.goldenRetryMs, () => this.start());
      this.#closing.signal.addEventListener('abort', () => timer.cancel());
    });
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the host is being stopped'));
    await this.#making;
  }

  async #open(): Promise<void> {
    const { driver, clock, directory } = this.#deps;
    for (const { sandboxId } of await driver.list()) await driver.destroy(sandboxId);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    if (await this.#find()) return;
    // What is on its way when a host starts (the rest of the platform, whoever comes first) goes first.
    await sleep(clock, limits.pool.goldenDelayMs, this.#closing.signal);
    await withFileLock(`${directory}.lock`, this.#closing.signal, async () => {
      if (await this.#find()) return;
      await this.#make();
      await forgetLeastUsed(directory);
      await this.#find();
    });
  }

  /** Takes up what lies there; true where that of what this host runs now is among it. */
  async #find(): Promise<boolean> {
    const { directory } = this.#deps;
    const own = this.#generation();
    const found = await Promise.all((await usedLast(directory)).map((name) => this.#read(name)));
    const whole = found.filter((golden) => golden !== null);
    const isThere = whole.some(({ generation }) => generation === own);
    this.#goldens = { own: isThere ? own : null, all: whole };
    const nowSeconds = this.#deps.clock.nowMs() / 1_000;
    for (const golden of whole) await utimes(golden.directory, nowSeconds, nowSeconds);
    if (isThere) this.#deps.log.info({ generation: own }, 'the pool has its image');
    return isThere;
  }

  /** Null where it is not whole, or does not fit what this host runs. */
  async #read(generation: string): Promise<Golden | null> {
    const directory = join(this.#deps.directory, generation);
    const { driver, limits: sandboxLimits } = this.#deps;
    const snapshot = await readSnapshot(directory).catch(() => null);
    const here = driver.snapshots?.fingerprint;
    if (snapshot === null || !here || whyNotRestorable(snapshot.fingerprint, here) !== null) return null;
    const { memoryBytesMax, pidsMax } = snapshot.shape;
    if (memoryBytesMax !== sandboxLimits.memoryBytesMax || pidsMax !== sandboxLimits.pidsMax) return null;
    return { generation, directory, limits: sandboxLimits };
  }

  async #make(): Promise<void> {
    const { driver, random, clock, log, recipe, limits: sandboxLimits } = this.#deps;
    const beganMs = clock.monotonicMs();
    const generation = this.#generation();
    const directory = join(this.#deps.directory, generation);
    await rm(directory, { recursive: true, force: true });
    // One processor of however many: what people wait for has the others.
    const order = { directory, limits: { ...sandboxLimits, cpuMillisMax: 1_000 }, recipe, random };
    const { bytes } = await makeGoldenImage(driver, order, this.#closing.signal);
    const durationMs = clock.monotonicMs() - beganMs;
    log.info({ generation, bytes, durationMs }, 'the image for the pool is made');
  }

  #generation(): string {
    const { driver, recipe, supervisorDigest, hasEgress, limits: sandboxLimits } = this.#deps;
    const shape = shapeOf(sandboxLimits, 'slot');
    const fingerprint = driver.snapshots?.fingerprint;
    const madeOf = JSON.stringify({ fingerprint, recipe, supervisorDigest, shape, hasEgress });
    return createHash('sha256').update(madeOf).digest('hex').slice(0, 16);
  }
}

/** Names of images, those first that were taken up last. */
async function usedLast(directory: string): Promise<string[]> {
  const names = (await readdir(directory)).filter((name) => /^[0-9a-f]{16}$/.test(name));
  const used = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).mtimeMs));
  const byUse = names.map((name, index) => ({ name, usedMs: used[index] ?? 0 }));
  return byUse.toSorted((a, b) => b.usedMs - a.usedMs).map(({ name }) => name);
}

async function forgetLeastUsed(directory: string): Promise<void> {
  for (const name of (await usedLast(directory)).slice(limits.pool.goldensMax))
    await rm(join(directory, name), { recursive: true, force: true });
}
