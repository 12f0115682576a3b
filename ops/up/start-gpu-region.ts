/** The GPU half of a region on this machine: a Postgres of its own, its scheduler, and the agents of its hosts. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentKeyOf } from '@cellbook/shared/gpu/agent-key.ts';
import type { HostId } from '@cellbook/shared/ids.ts';
import type { PlatformConfig } from './config.ts';
import { scaleOf } from './gpu-nodes.ts';
import { type GpuPlace, realGpus } from './gpu-topology.ts';
import type { GpuPorts } from './ports-of-cells.ts';
import { keptSecret, keptSecretFile } from './secrets.ts';
import { ensureDatabase } from './services/database.ts';
import type { PreparedEdge } from './services/edge.ts';
import { startGpuAgent } from './services/gpu-agent.ts';
import { startPostgres } from './services/postgres.ts';
import { type SchedulerOptions, startScheduler } from './services/scheduler.ts';
import { startSimulatedNodes } from './services/simulated-nodes.ts';
import { machineSettings } from './services/stores.ts';
import type { Starting } from './starting.ts';
import { torchRenderer } from './tools/torch.ts';

export interface GpuNeeds {
  ports: GpuPorts;
  peers: { region: string; urls: string[] }[];
  edge: Promise<Pick<PreparedEdge, 'publicKeysPath' | 'publicUrl'>>;
}

export async function startGpuRegion(starting: Starting, place: GpuPlace, needs: GpuNeeds): Promise<void> {
  const { config, context, home, random, progress, keepRunning } = starting;
  const { schedulerId, regionId, hosts } = place;
  const { ports, peers } = needs;
  const secret = keptSecretFile(home.keys, `agents-${schedulerId}`, random);
  const database = databaseOf(starting, place, ports);
  const edge = await needs.edge;
  const databaseUrl = await database;
  const gpu = home.gpu(regionId);
  const nodes = nodesOf(starting, place, ports);
  const urls = schedulerUrls(config, ports);
  const scheduler = {
    ...{ schedulerId, regionId, databaseUrl, agentKeyFile: secret },
    dataDirectory: gpu.data,
    redisUrl: redisOf(starting, place, ports),
    objects: config.objects ?? `file:${home.objects(regionId)}`,
    edgePublicKeys: edge.publicKeysPath,
    publicUrl: edge.publicUrl,
    edgeUrl: edge.publicUrl,
    jobsKey: keptSecret(home.keys, 'jobs', random, 32),
    ...{ peers, federationKeyFile: keptSecretFile(home.keys, 'federation', random) },
    cacheDirectory: config.cacheDirectory,
    capacity: nodes?.capacity,
  };
  const hasGpus = hosts.some(({ devices }) => devices === realGpus);
  const torch = hasGpus ? await torchRenderer(starting) : undefined;
  const agent = (host: GpuPlace['hosts'][number], index: number) => {
    const options = {
      ...{ ...host, port: ports.agents[index] ?? 0, rack: `${regionId}-rack-${index + 1}` },
      dataDirectory: join(gpu.hosts, host.hostId),
      schedulerUrl: urls.join(','),
      keyFile: hostKeyFile(starting, host.hostId, keptSecret(home.keys, `agents-${schedulerId}`, random)),
      cacheDirectory: config.cacheDirectory,
      programs: config.gpuPrograms,
      renderer: host.devices === realGpus ? torch : undefined,
    };
    return keepRunning({ start: (signal) => startGpuAgent(context, { ...options, signal }) });
  };
  const instance = (options: SchedulerOptions) =>
    keepRunning({ start: (signal) => startScheduler(context, { ...options, signal }) });
  const title = `GPU scheduler ${schedulerId} and its ${hosts.length === 1 ? 'host' : `${hosts.length} hosts`}`;
  await progress.step(title, async () => {
    const all = [
      ...urls.map((url, index) => instance({ ...scheduler, ...instanceAt(schedulerId, url, index) })),
      ...(nodes ? [nodes.start()] : []),
      ...hosts.map(agent),
    ];
    await Promise.allSettled(all);
    await Promise.all(all);
  });
}

/** Of a region's instances: one leads, and where there is another it takes over within seconds. */
export function schedulerUrls(
  { gpuStandby }: Pick<PlatformConfig, 'gpuStandby'>,
  { scheduler, standby }: Pick<GpuPorts, 'scheduler' | 'standby'>,
): string[] {
  return [scheduler, ...(gpuStandby ? [standby] : [])].map((port) => `http://127.0.0.1:${port}`);
}

const instanceAt = (schedulerId: string, url: string, index: number) => ({
  name: `scheduler-${schedulerId}${index === 0 ? '' : '-b'}`,
  port: Number(new URL(url).port),
});

/** The provider of hosts that come and go, where the region has some. */
function nodesOf(starting: Starting, place: GpuPlace, ports: GpuPorts) {
  const { config, context, home, random, keepRunning } = starting;
  const { schedulerId, regionId } = place;
  const wanted = config.gpuNodes.get(regionId);
  if (!wanted) return null;
  const keyFile = keptSecretFile(home.keys, `gpu-nodes-${schedulerId}`, random);
  const options = {
    ...{ schedulerId, keyFile, port: ports.nodes, provisionMs: config.gpuNodeMs },
    programs: config.gpuPrograms,
    dataDirectory: join(home.gpu(regionId).hosts, 'nodes'),
  };
  const url = `http://127.0.0.1:${ports.nodes}`;
  return {
    capacity: { url, keyFile, scale: scaleOf(place, wanted, config.gpuNodeMs) },
    start: () => keepRunning({ start: (signal) => startSimulatedNodes(context, { ...options, signal }) }),
  };
}

async function databaseOf(
  starting: Starting,
  { schedulerId, regionId }: GpuPlace,
  ports: GpuPorts,
): Promise<string> {
  const { context, home, random, keepRunning } = starting;
  const name = `postgres-${schedulerId}`;
  const options = {
    name,
    dataDirectory: home.gpu(regionId).postgres,
    port: ports.postgres,
    password: keptSecret(home.keys, `${name}-password`, random),
    settings: machineSettings,
  };
  const { url } = await keepRunning({ start: (signal) => startPostgres(context, { ...options, signal }) });
  return ensureDatabase(url, schedulerId.replaceAll('-', '_'));
}

/**
 * A database of its own in the Redis of the region's first cell: hints and rates, which a machine of its own would have
 * its own for. It need not be there yet, nor ever.
 */
function redisOf({ config, home, random }: Starting, { regionId }: GpuPlace, ports: GpuPorts): string {
  const cell = config.cells.find((place) => place.regionId === regionId);
  const password = keptSecret(home.keys, `redis-${cell?.cellId ?? ''}-password`, random);
  return `redis://:${password}@127.0.0.1:${ports.redis}/1`;
}

/** Each host is given its own key and never the secret that it is made of. */
function hostKeyFile({ home }: Starting, hostId: HostId, secret: string): string {
  const path = join(home.keys, `gpu-agent-${hostId}`);
  const key = `${agentKeyOf(secret, hostId)}\n`;
  if (!existsSync(path)) writeFileSync(path, key, { mode: 0o600 });
  return path;
}
