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

/**
 * glibc keeps up to 64 MiB of what is freed, also of buffers of a chunk each (1 MiB): otherwise each goes back to the
 * kernel, and comes again as 256 page faults; opening an image takes half the time (138 ms for 400 MiB, not 280).
 */
const keepsBuffers = {
  MALLOC_MMAP_THRESHOLD_: String(32 * 1024 * 1024),
  MALLOC_TRIM_THRESHOLD_: String(64 * 1024 * 1024),
};

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
      ...keepsBuffers,
    },
    // It flushes the files of every running workspace before it goes.
    stopDeadlineMs: 60_000,
    signal: options.signal,
  });
}
