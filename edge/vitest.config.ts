/** The edge's tests, inside workerd, against a real HTTP and WebSocket server (testing/upstream.ts) as the cell. */
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { assembleAssets } from './setup/assets.ts';

export default defineConfig(async () => {
  // wrangler's assets directory has to be there before workerd starts.
  await assembleAssets();
  const migrations = await readD1Migrations(new URL('./migrations', import.meta.url).pathname);
  return {
    root: import.meta.dirname,
    plugins: [
      cloudflareTest(({ inject }) => ({
        wrangler: { configPath: './testing/wrangler.toml' },
        miniflare: {
          bindings: {
            MIGRATIONS: migrations,
            UPSTREAMS: inject<string[]>('upstreams'),
            ISSUERS: inject<string[]>('issuers'),
          },
          cf: false,
        },
      })),
    ],
    test: {
      name: 'workerd',
      include: ['src/**/*.test.ts', 'sockets/**/*.test.ts', 'web/**/*.test.ts'],
      globalSetup: ['./testing/upstream.ts', './testing/providers.ts'],
      // Most of a file's time was its own workerd: a start, and every module transformed and loaded again.
      isolate: false,
      setupFiles: ['./testing/empty-stores.ts'],
      testTimeout: 30_000,
      hookTimeout: 60_000,
      expect: { poll: { timeout: 20_000 } },
    },
  };
});
