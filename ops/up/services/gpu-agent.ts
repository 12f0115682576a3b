/** The agent of one GPU host: `node gpu-agent/src/main.ts`, with devices that are simulated or real, and real programs. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { limits } from '@cellbook/shared/limits.ts';
import { checkoutDirectory } from '../config.ts';
import type { GpuHostPlace } from '../gpu-topology.ts';
import type { Child, SpawnContext } from '../processes/child.ts';
import { stopOrder } from '../processes/record.ts';
import { startServed } from './served-program.ts';

/** 64 devices, and 64 attempts at once on each. */
const uidsOfHost = 4_096;

const example = (name: string): string => join(checkoutDirectory, 'gpu-agent/examples', name);

export interface GpuAgentOptions extends GpuHostPlace {
  port: number;
  rack: string;
  dataDirectory: string;
  schedulerUrl: string;
  keyFile: string;
  /** A directory with the renderer's manifest; absent: the one that runs on the processor. */
  renderer?: string | undefined;
  /** Directories with more programs. */
  programs: readonly string[];
  cacheDirectory: string;
  signal?: AbortSignal | undefined;
}

export async function startGpuAgent(
  context: SpawnContext,
  options: GpuAgentOptions,
): Promise<{ child: Child }> {
  mkdirSync(options.dataDirectory, { recursive: true });
  return startServed(context, {
    name: `gpu-agent-${options.hostId}`,
    // Before its scheduler: what runs is saved and told.
    stopOrder: stopOrder.host,
    script: 'gpu-agent/src/main.ts',
    port: options.port,
    env: {
      CELLBOOK_HOST_ID: options.hostId,
      CELLBOOK_RACK: options.rack,
      CELLBOOK_PORT: String(options.port),
      CELLBOOK_DATA_DIR: options.dataDirectory,
      CELLBOOK_SCHEDULER_URLS: options.schedulerUrl,
      CELLBOOK_AGENT_KEY_FILE: options.keyFile,
      CELLBOOK_DEVICES: options.devices,
      CELLBOOK_BINARIES: [
        options.renderer ?? example('video-renderer'),
        example('notebook-runner'),
        ...options.programs,
      ].join(':'),
      // Hosts of one machine share its users: a range for each, by what else is a host's own.
      CELLBOOK_JOB_UID: String(limits.gpuAgent.run.uidFirst + options.port * uidsOfHost),
      NODE_COMPILE_CACHE: join(options.cacheDirectory, 'node-compile-cache'),
    },
    stopDeadlineMs: 40_000,
    signal: options.signal,
  });
}
