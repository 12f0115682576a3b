/**
 * For tests of pins: the real edge in workerd and real cells on a real Postgres, with nothing to run notebooks
 * in. Faster than a whole platform, and cells can be started, killed and left out one by one.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { freePort } from '@cellbook/shared/ports.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { z } from 'zod';
import { createTestDatabase, type TestDatabase } from '../../test/database.ts';
import { checkoutDirectory } from '../../up/config.ts';
import { type Child, type SpawnContext, startChild } from '../../up/processes/child.ts';
import { runTool } from '../../up/tools/run-tool.ts';
import { waitUntil } from '../../up/wait-until.ts';
import { openPins, type PinsContext } from '../context.ts';

export interface SmallCell {
  id: string;
  url: string;
  kill(): Promise<void>;
}

export interface SmallPlatform {
  url: string;
  home: string;
  pins: PinsContext;
  /** What the commands said. */
  said: string[];
  /** A cell that no pins name yet. */
  startCell(id: string): Promise<SmallCell>;
  stop(): Promise<void>;
}

const region = 'eu';
const preparedSchema = z.object({
  ...{ publicKeysPath: z.string(), pinPublicKeyPath: z.string(), publicUrl: z.string() },
  wranglerArguments: z.array(z.string()),
});

export async function startSmallPlatform(cellIds: readonly string[]): Promise<SmallPlatform> {
  const home = mkdtempSync(join(tmpdir(), 'cellbook-pins-'));
  const directories = { logDirectory: join(home, 'logs'), runDirectory: join(home, 'run') };
  for (const path of Object.values(directories)) mkdirSync(path);
  const context: SpawnContext = { clock: systemClock, homeDirectory: home, ...directories };
  const running: Child[] = [];
  const databases: TestDatabase[] = [];
  const said: string[] = [];
  const ports = new Map<string, number>();
  for (const id of cellIds) ports.set(id, await freePort());
  const edgePort = await freePort();
  const line = await runTool(
    {
      doing: 'setting the edge up',
      script: 'edge/setup/write-config.ts',
      args: [
        ...['--home', home, '--port', String(edgePort), '--region', region],
        ...cellIds.flatMap((id) => ['--cell', `${region}/${id}=http://127.0.0.1:${ports.get(id)}`]),
      ],
    },
    () => undefined,
  );
  const prepared = preparedSchema.parse(JSON.parse(line));

  async function startCell(id: string): Promise<SmallCell> {
    const port = ports.get(id) ?? (await freePort());
    const database = await createTestDatabase();
    databases.push(database);
    const child = await start(`cell-${id}`, ['cells/src/main.ts'], {
      ...{ CELLBOOK_CELL_ID: id, CELLBOOK_REGION_ID: region, CELLBOOK_PORT: String(port) },
      ...{ DATABASE_URL: database.url, CELLBOOK_SANDBOX_DRIVER: 'none', CELLBOOK_LOG_LEVEL: 'warn' },
      CELLBOOK_DATA_DIR: join(home, 'cells', id),
      CELLBOOK_OBJECTS: `file:${join(home, 'objects')}`,
      CELLBOOK_EDGE_PUBLIC_KEYS: prepared.publicKeysPath,
      CELLBOOK_PIN_PUBLIC_KEY: prepared.pinPublicKeyPath,
    });
    const url = `http://127.0.0.1:${port}`;
    await answers(`${url}/healthz`, `cell ${id}`);
    return { id, url, kill: () => child.stop() };
  }

  async function start(name: string, args: string[], env: Record<string, string>): Promise<Child> {
    const child = await startChild(context, {
      ...{ name, args, env, stopOrder: 1, command: process.execPath, cwd: checkoutDirectory },
      ...{ stopSignal: 'SIGTERM', stopDeadlineMs: 10_000 },
    });
    running.push(child);
    return child;
  }

  async function stop(): Promise<void> {
    await Promise.all(running.map((child) => child.stop()));
    await Promise.all(databases.map((database) => database.drop()));
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }

  try {
    const wrangler = join(checkoutDirectory, 'node_modules/wrangler/bin/wrangler.js');
    const quiet = {
      ...{ WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false', CI: '1' },
      ...{ X_LOCAL_OBSERVABILITY: 'false', X_LOCAL_EXPLORER: 'false' },
    };
    await start('edge', [wrangler, ...prepared.wranglerArguments], quiet);
    await Promise.all(cellIds.map(startCell));
    await answers(`http://127.0.0.1:${edgePort}/healthz`, 'the edge');
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  const pins = await openPins({
    ...{ homeDirectory: home, edgeUrl: prepared.publicUrl, clock: systemClock, random: systemRandom },
    say: (text) => void said.push(text),
  });
  return { url: prepared.publicUrl, home, pins, said, startCell, stop };
}

function answers(url: string, what: string): Promise<true> {
  const asked = async () => {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.ok || null;
  };
  return waitUntil(asked, { clock: systemClock, deadlineMs: 60_000, what: `${what} to answer` });
}
