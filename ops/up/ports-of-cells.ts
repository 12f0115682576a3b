/** The ports of all that a platform's cells consist of, kept from start to start. */
import type { PlatformConfig } from './config.ts';
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

export interface Ports {
  of(place: CellPlace): CellPorts;
}

export async function portsOfCells(config: PlatformConfig, home: Home): Promise<Ports> {
  const hostIds = (cellId: string) =>
    Array.from({ length: config.hostsPerCell }, (_, index) => `${cellId}-${letter(index)}`);
  const names = config.cells.flatMap(({ cellId }) => [
    ...['postgres', 'redis', 'cell'].map((part) => `${part}-${cellId}`),
    ...hostIds(cellId).map((hostId) => `host-${hostId}`),
  ]);
  const ports = await keptPorts(home.run, names);
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
  };
}

const letter = (index: number): string => String.fromCharCode('a'.charCodeAt(0) + index);
