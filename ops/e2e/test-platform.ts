/**
 * For end-to-end tests: a whole platform with gVisor sandboxes on a home and ports of its own, started by the
 * code that `npm start` runs, and gone with everything it made when the file's tests are over. It has one cell
 * unless told otherwise: a second region costs every file seconds that few of them need.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { freePort } from '@cellbook/shared/ports.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll } from 'vitest';
import { platformConfig } from '../up/config.ts';
import { type Platform, startPlatform } from '../up/platform.ts';
import { silentProgress } from '../up/progress.ts';
import { removeHome } from './remove-home.ts';

/** A platform for all tests of a file; its fields exist inside tests and hooks. */
export function useTestPlatform(environment: Record<string, string> = {}): () => Platform {
  let platform: Platform | null = null;
  const homeDirectory = mkdtempSync(join(tmpdir(), 'cellbook-e2e-'));
  beforeAll(async () => {
    const config = platformConfig({
      ...process.env,
      CELLBOOK_CELLS: 'eu=eu-1',
      // Sandboxes that nobody has asked for cost every file processor time that few of them are about.
      CELLBOOK_POOL: 'off',
      // Nor do GPU schedulers and their hosts, for the files that are not about them.
      CELLBOOK_GPU: 'off',
      ...environment,
      CELLBOOK_HOME: homeDirectory,
      CELLBOOK_EDGE_PORT: String(await freePort()),
    });
    platform = await startPlatform(config, {
      clock: systemClock,
      random: systemRandom,
      progress: silentProgress,
    });
  });
  afterAll(async () => {
    await platform?.stop();
    removeHome(homeDirectory);
  });
  return () => {
    if (!platform) throw new Error('the test platform exists only inside tests and hooks');
    return platform;
  };
}
