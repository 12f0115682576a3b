/** The controller of a cell, with its gateway and API: `node cells/src/main.ts`. */
import { mkdirSync } from 'node:fs';
import type { Child, SpawnContext } from '../processes/child.ts';
import { stopOrder } from '../processes/record.ts';
import { type CellEnvironment, cellEnvironment } from './cell-environment.ts';
import type { HostPlace } from './host.ts';
import { startServed } from './served-program.ts';

export interface CellOptions extends CellEnvironment {
  regionId: string;
  port: number;
  dataDirectory: string;
  redisUrl: string;
  labDataDirectory: string;
  /** The JWKS file with the keys the edge signs principals with. */
  edgePublicKeys: string;
  /** The JWK that pins are signed with, its public half. */
  pinPublicKey: string;
  /** Where it reaches the edge, and the key it is known by there. */
  edgeUrl: string;
  cellKeyFile: string;
  /** The JWK set that seals secrets. */
  secretKeys: string;
  /** The daemons it sends its sandboxes to; none: it is its own host. */
  hosts: readonly HostPlace[];
  hostKeyFile: string;
  /** What it shows to its daemons. */
  tlsDirectory: string;
  signal?: AbortSignal | undefined;
}

export interface RunningCell {
  child: Child;
  url: string;
}

export async function startCell(context: SpawnContext, options: CellOptions): Promise<RunningCell> {
  mkdirSync(options.dataDirectory, { recursive: true });
  return startServed(context, {
    name: `cell-${options.cellId}`,
    stopOrder: stopOrder.cell,
    script: 'cells/src/main.ts',
    port: options.port,
    env: environment(options),
    // As its own host it flushes the files of every running workspace before it goes.
    stopDeadlineMs: 60_000,
    signal: options.signal,
  });
}

function environment(options: CellOptions): Record<string, string> {
  return {
    ...cellEnvironment(options),
    CELLBOOK_REGION_ID: options.regionId,
    CELLBOOK_PORT: String(options.port),
    CELLBOOK_DATA_DIR: options.dataDirectory,
    REDIS_URL: options.redisUrl,
    CELLBOOK_EDGE_PUBLIC_KEYS: options.edgePublicKeys,
    CELLBOOK_PIN_PUBLIC_KEY: options.pinPublicKey,
    CELLBOOK_SECRET_KEYS: options.secretKeys,
    CELLBOOK_EDGE_URL: options.edgeUrl,
    CELLBOOK_CELL_KEY: options.cellKeyFile,
    CELLBOOK_LAB_SCHEMAS: options.labDataDirectory,
    ...hostsEnvironment(options),
  };
}

function hostsEnvironment({ hosts, hostKeyFile, tlsDirectory }: CellOptions): Record<string, string> {
  if (hosts.length === 0) return {};
  const list = hosts.map(({ hostId, port }) => `${hostId}=https://127.0.0.1:${port}`).join(',');
  return { CELLBOOK_HOSTS: list, CELLBOOK_HOST_KEY_FILE: hostKeyFile, CELLBOOK_TLS_DIR: tlsDirectory };
}
