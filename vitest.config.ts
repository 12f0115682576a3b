import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { SlowFirst } from './ops/test/slow-first.ts';

/**
 * `node`: every test that is in no other project, so that none is forgotten. `workerd`: the edge, inside the real runtime.
 * `e2e`: whole platforms, with homes and ports of their own. Postgres and Redis are started by the first test that asks for them.
 */
export default defineConfig({
  test: {
    // Most tests wait for real programs, so that one file at a time leaves two cores mostly idle.
    maxWorkers: Math.max(3, availableParallelism()),
    sequence: { sequencer: SlowFirst },
    projects: [
      {
        test: {
          name: 'node',
          include: ['**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', 'ops/e2e/**', 'edge/{src,sockets,web}/**'],
          globalSetup: ['ops/test/global-setup.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          // The usual second is too short on a machine that has other work.
          expect: { poll: { timeout: 20_000 } },
        },
      },
      ...(existsSync(new URL('edge/vitest.config.ts', import.meta.url)) ? ['edge/vitest.config.ts'] : []),
      {
        test: {
          name: 'e2e',
          include: ['ops/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          expect: { poll: { timeout: 60_000 } },
        },
      },
    ],
  },
});
