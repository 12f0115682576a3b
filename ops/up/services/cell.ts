import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SandboxDriverName } from '../config.ts';
import { assertRunning, type Child, type SpawnContext, startChild } from '../processes/child.ts';
import { stopOrder } from '../processes/record.ts';
import { waitUntil } from '../wait-until.ts';

export interface CellOptions {
  cellId: string;
  regionId: string;
  port: number;
  dataDirectory: string;
  databaseUrl: string;
  redisUrl: string;
  objects: string;
  sandboxDriver: SandboxDriverName;
  runsc: string | null;
  imageDirectory: string | null;
  labDataDirectory: string;
  /** The JWKS file with the keys the edge signs principals with. */
  edgePublicKeys: string;
  /** The JWK that pins are signed with, its public half. */
  pinPublicKey: string;
  /** The JWK set that seals secrets. */
  secretKeys: string;
  /** What of this machine's memory its sandboxes may count on. */
  machineMemoryBytes: number;
  cacheDirectory: string;
  checkoutDirectory: string;
  signal?: AbortSignal | undefined;
}

export interface RunningCell {
  child: Child;
  url: string;
}

export async function startCell(context: SpawnContext, options: CellOptions): Promise<RunningCell> {
  mkdirSync(options.dataDirectory, { recursive: true });
  const child = await startChild(context, {
    name: `cell-${options.cellId}`,
    stopOrder: stopOrder.cell,
    command: process.execPath,
    args: ['cells/src/main.ts'],
    cwd: options.checkoutDirectory,
    env: environment(options),
    stopSignal: 'SIGTERM',
    // It flushes the files of every running workspace before it goes.
    stopDeadlineMs: 60_000,
  });
  const url = `http://127.0.0.1:${options.port}`;
  try {
    await waitUntil(
      async () => {
        assertRunning(child);
        const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2_000) });
        await response.arrayBuffer();
        return response.ok;
      },
      {
        clock: context.clock,
        deadlineMs: 60_000,
        what: `cell ${options.cellId} to answer`,
        signal: options.signal,
      },
    );
    return { child, url };
  } catch (thrown) {
    await child.stop();
    throw thrown;
  }
}

function environment(options: CellOptions): Record<string, string> {
  return {
    CELLBOOK_CELL_ID: options.cellId,
    CELLBOOK_REGION_ID: options.regionId,
    CELLBOOK_PORT: String(options.port),
    CELLBOOK_DATA_DIR: options.dataDirectory,
    DATABASE_URL: options.databaseUrl,
    REDIS_URL: options.redisUrl,
    CELLBOOK_OBJECTS: options.objects,
    CELLBOOK_SANDBOX_DRIVER: options.sandboxDriver,
    ...(options.runsc === null ? {} : { CELLBOOK_RUNSC: options.runsc }),
    ...(options.imageDirectory === null ? {} : { CELLBOOK_IMAGE_DIR: options.imageDirectory }),
    CELLBOOK_EDGE_PUBLIC_KEYS: options.edgePublicKeys,
    CELLBOOK_PIN_PUBLIC_KEY: options.pinPublicKey,
    CELLBOOK_SECRET_KEYS: options.secretKeys,
    CELLBOOK_LAB_SCHEMAS: options.labDataDirectory,
    CELLBOOK_MACHINE_MEMORY_MIB: String(Math.floor(options.machineMemoryBytes / 2 ** 20)),
    // Every start reads some hundred files of TypeScript; their compiled form is kept.
    NODE_COMPILE_CACHE: join(options.cacheDirectory, 'node-compile-cache'),
  };
}
