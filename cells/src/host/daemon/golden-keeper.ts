/**
 * Makes the image that this host's members are restored from, anew with each start, beside everything else: until
 * it is there the host has no members. Nothing of any user is in it.
 */
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { limits } from '@cellbook/shared/limits.ts';
import type { Sandbox, SandboxDriver, SandboxLimits } from '../../sandbox/driver.ts';
import { makeGoldenImage, pythonRecipe } from '../../sandbox/golden/make-golden-image.ts';
import { readSnapshot } from '../../sandbox/snapshot/snapshot-files.ts';
import type { Golden } from '../golden.ts';
import type { DaemonTools } from './daemon.ts';

export interface GoldenKeeperDeps extends DaemonTools {
  /** Its own: its sandboxes are none of the host's. */
  driver: SandboxDriver<Sandbox>;
  /** Where images are made. */
  directory: string;
  limits: SandboxLimits;
}

export class GoldenKeeper {
  readonly #deps: GoldenKeeperDeps;
  readonly #closing = new AbortController();
  #golden: Golden | null = null;
  #making: Promise<void> = Promise.resolve();

  constructor(deps: GoldenKeeperDeps) {
    this.#deps = deps;
  }

  get current(): Golden | null {
    return this.#golden;
  }

  /** Tried again until it is made. */
  start(): void {
    const { clock, log } = this.#deps;
    this.#making = this.#make().catch((error: unknown) => {
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

  async #make(): Promise<void> {
    const { driver, random, clock, log, limits: sandboxLimits } = this.#deps;
    const beganMs = clock.monotonicMs();
    for (const { sandboxId } of await driver.list()) await driver.destroy(sandboxId);
    await rm(this.#deps.directory, { recursive: true, force: true });
    const directory = join(this.#deps.directory, 'image');
    const order = { directory, limits: sandboxLimits, recipe: pythonRecipe, random };
    const image = await makeGoldenImage(driver, order, this.#closing.signal);
    const { supervisorDigest, shape } = await readSnapshot(directory);
    const madeOf = { fingerprint: image.fingerprint, recipe: pythonRecipe, supervisorDigest, shape };
    this.#golden = { generation: generationOf(madeOf), directory, limits: sandboxLimits };
    const durationMs = clock.monotonicMs() - beganMs;
    log.info(
      { generation: this.#golden.generation, bytes: image.bytes, durationMs },
      'the pool has its image',
    );
  }
}

const generationOf = (madeOf: object): string =>
  createHash('sha256').update(JSON.stringify(madeOf)).digest('hex').slice(0, 16);
