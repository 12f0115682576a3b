/** The GPU scheduler of one region: `node regional-scheduler/src/main.ts`. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Child, SpawnContext } from '../processes/child.ts';
import { stopOrder } from '../processes/record.ts';
import { policyWithNodes } from './policy-with-nodes.ts';
import { startServed } from './served-program.ts';

export interface SchedulerOptions {
  /** Of this instance among the programs. */
  name: string;
  schedulerId: string;
  regionId: string;
  port: number;
  dataDirectory: string;
  databaseUrl: string;
  redisUrl: string;
  objects: string;
  /** The region's secret, which its agents' keys are made of. */
  agentKeyFile: string;
  edgePublicKeys: string;
  publicUrl: string;
  /** Where the records of regions are kept. */
  edgeUrl: string;
  /** That addresses of results are signed with, the same in all regions. */
  jobsKey: string;
  /** Schedulers of the other regions, which jobs are handed to, and the secret that all share for it. */
  peers: { region: string; urls: string[] }[];
  federationKeyFile: string;
  /** Where hosts come from that come and go, and the part of the policy that asks for them; absent: nowhere. */
  capacity?: { url: string; keyFile: string; scale: unknown } | undefined;
  cacheDirectory: string;
  signal?: AbortSignal | undefined;
}

export async function startScheduler(
  context: SpawnContext,
  options: SchedulerOptions,
): Promise<{ child: Child; url: string }> {
  mkdirSync(options.dataDirectory, { recursive: true });
  return startServed(context, {
    name: options.name,
    stopOrder: stopOrder.cell,
    script: 'regional-scheduler/src/main.ts',
    port: options.port,
    env: {
      CELLBOOK_REGION_ID: options.regionId,
      CELLBOOK_SCHEDULER_ID: options.schedulerId,
      CELLBOOK_PORT: String(options.port),
      CELLBOOK_DATA_DIR: options.dataDirectory,
      DATABASE_URL: options.databaseUrl,
      REDIS_URL: options.redisUrl,
      CELLBOOK_OBJECTS: options.objects,
      CELLBOOK_AGENT_KEY_FILE: options.agentKeyFile,
      CELLBOOK_EDGE_PUBLIC_KEYS: options.edgePublicKeys,
      CELLBOOK_PUBLIC_URL: options.publicUrl,
      CELLBOOK_JOBS_KEYS: JSON.stringify([options.jobsKey]),
      CELLBOOK_FEDERATION_PEERS: JSON.stringify(options.peers),
      CELLBOOK_FEDERATION_KEY_FILE: options.federationKeyFile,
      CELLBOOK_EDGE_URL: options.edgeUrl,
      ...(options.capacity && {
        CELLBOOK_CAPACITY_URL: options.capacity.url,
        CELLBOOK_CAPACITY_KEY_FILE: options.capacity.keyFile,
        CELLBOOK_POLICY: policyWithNodes(process.env.CELLBOOK_POLICY, options.capacity.scale),
      }),
      NODE_COMPILE_CACHE: join(options.cacheDirectory, 'node-compile-cache'),
    },
    stopDeadlineMs: 20_000,
    signal: options.signal,
  });
}
