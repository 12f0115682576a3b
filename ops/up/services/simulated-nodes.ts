/** The provider of simulated GPU hosts of one region: `node regional-scheduler/src/capacity/simulated/main.ts`. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkoutDirectory } from '../config.ts';
import type { Child, SpawnContext } from '../processes/child.ts';
import { stopOrder } from '../processes/record.ts';
import { startServed } from './served-program.ts';

export interface SimulatedNodesOptions {
  schedulerId: string;
  port: number;
  keyFile: string;
  dataDirectory: string;
  provisionMs: number;
  /** Directories with more programs. */
  programs: readonly string[];
  signal?: AbortSignal | undefined;
}

const examples = ['video-renderer', 'notebook-runner'].map((name) =>
  join(checkoutDirectory, 'gpu-agent/examples', name),
);

export async function startSimulatedNodes(
  context: SpawnContext,
  options: SimulatedNodesOptions,
): Promise<{ child: Child }> {
  const { schedulerId, port, keyFile, dataDirectory, provisionMs, programs, signal } = options;
  mkdirSync(dataDirectory, { recursive: true });
  return startServed(context, {
    name: `gpu-nodes-${schedulerId}`,
    // Before the scheduler: what runs on them is saved and told.
    stopOrder: stopOrder.host,
    script: 'regional-scheduler/src/capacity/simulated/main.ts',
    port,
    env: {
      CELLBOOK_PORT: String(port),
      CELLBOOK_CAPACITY_KEY_FILE: keyFile,
      CELLBOOK_DATA_DIR: dataDirectory,
      CELLBOOK_BINARIES: [...examples, ...programs].join(':'),
      CELLBOOK_PROVISION_MS: String(provisionMs),
    },
    stopDeadlineMs: 40_000,
    signal,
  });
}
