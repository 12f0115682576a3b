/** The ports of all that a platform's cells and GPU regions consist of, kept from start to start. */
import type { PlatformConfig } from './config.ts';
import type { GpuPlace } from './gpu-topology.ts';
import type { Home } from './home.ts';
import type { HostPlace } from './services/host.ts';
import { keptPorts } from './services/kept-ports.ts';
import type { CellPlace } from './topology.ts';

export interface CellPorts {
  postgres: number;
  redis: number;
  cell: number;
  hosts: HostPlace[];
}

export interface GpuPorts {
  postgres: number;
  /** Of the region's first cell. */
  redis: number;
  scheduler: number;
  /** Of the second instance, where there is one. */
  standby: number;
  /** Of the provider of hosts that come and go. */
  nodes: number;
  /** In the order of its hosts. */
  agents: number[];
}

export interface Ports {
  of(place: CellPlace): CellPorts;
  gpu(place: GpuPlace): GpuPorts;
}

export async function portsOfCells(config: PlatformConfig, home: Home): Promise<Ports> {
  const hostIds = (cellId: string) =>
    Array.from({ length: config.hostsPerCell }, (_, index) => `${cellId}-${letter(index)}`);
  const names = config.cells.flatMap(({ cellId }) => [
    ...['postgres', 'redis', 'cell'].map((part) => `${part}-${cellId}`),
    ...hostIds(cellId).map((hostId) => `host-${hostId}`),
  ]);
  const gpuNames = config.gpu.flatMap(({ schedulerId, hosts }) => [
    ...[`postgres-${schedulerId}`, `scheduler-${schedulerId}`, `scheduler-${schedulerId}-b`],
    `gpu-nodes-${schedulerId}`,
    ...hosts.map(({ hostId }) => `gpu-agent-${hostId}`),
  ]);
  const ports = await keptPorts(home.run, [...names, ...gpuNames]);
  const port = (name: string): number => {
    const found = ports[name];
    if (found === undefined) throw new Error(`no port was chosen for ${name}`);
    return found;
  };
  return {
    of: ({ cellId }) => ({
      postgres: port(`postgres-${cellId}`),
      redis: port(`redis-${cellId}`),
      cell: port(`cell-${cellId}`),
      hosts: hostIds(cellId).map((hostId) => ({ hostId, port: port(`host-${hostId}`) })),
    }),
    gpu: ({ schedulerId, regionId, hosts }) => ({
      postgres: port(`postgres-${schedulerId}`),
      redis: port(`redis-${config.cells.find((cell) => cell.regionId === regionId)?.cellId}`),
      scheduler: port(`scheduler-${schedulerId}`),
      standby: port(`scheduler-${schedulerId}-b`),
      nodes: port(`gpu-nodes-${schedulerId}`),
      agents: hosts.map(({ hostId }) => port(`gpu-agent-${hostId}`)),
    }),
  };
}

const letter = (index: number): string => String.fromCharCode('a'.charCodeAt(0) + index);
