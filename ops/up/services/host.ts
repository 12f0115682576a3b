/**
 * A sandbox host of a cell: `node cells/src/host/main.ts`. It owns the sandboxes and live files under its own
 * directory, and goes on with them while the cell's controller is away.
 */
import { mkdirSync } from 'node:fs';
import type { Child, SpawnContext } from '../processes/child.ts';
import { stopOrder } from '../processes/record.ts';
import { type CellEnvironment, cellEnvironment } from './cell-environment.ts';
import { startServed } from './served-program.ts';

/** `eu-1-a`, `eu-1-b`, …: its name among the cell's hosts, which rows of workspaces say. */
export interface HostPlace {
  hostId: string;
  port: number;
}

export interface HostOptions extends CellEnvironment, HostPlace {
  dataDirectory: string;
  keyFile: string;
  /** Its certificate, key and authority. */
  tlsDirectory: string;
  signal?: AbortSignal | undefined;
}

export async function startHost(context: SpawnContext, options: HostOptions): Promise<{ child: Child }> {
  mkdirSync(options.dataDirectory, { recursive: true });
  return startServed(context, {
    name: `host-${options.hostId}`,
    stopOrder: stopOrder.host,
    script: 'cells/src/host/main.ts',
    port: options.port,
    tlsDirectory: options.tlsDirectory,
    env: {
      ...cellEnvironment(options),
      CELLBOOK_HOST_ID: options.hostId,
      CELLBOOK_HOST_PORT: String(options.port),
      CELLBOOK_HOST_KEY_FILE: options.keyFile,
      CELLBOOK_TLS_DIR: options.tlsDirectory,
      CELLBOOK_DATA_DIR: options.dataDirectory,
    },
    // It flushes the files of every running workspace before it goes.
    stopDeadlineMs: 60_000,
    signal: options.signal,
  });
}
