/** What Prometheus reads of a platform that `npm start` runs: each program's `/metrics`, and how it is reached. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostName } from '@cellbook/shared/certificates/names.ts';
import { cellIdSchema, hostIdSchema } from '@cellbook/shared/ids.ts';
import { z } from 'zod';
import type { GpuPlace } from '../up/gpu-topology.ts';
import type { Home } from '../up/home.ts';
import type { CellPlace } from '../up/topology.ts';

export interface Target {
  job: 'cellbook-edge' | 'cellbook-cell' | 'cellbook-host' | 'cellbook-scheduler' | 'cellbook-gpu-agent';
  address: string;
  labels: Record<string, string>;
  /** Of a host: who it is by its certificate, and who says so. */
  tls?: { serverName: string; authorityFile: string };
}

const portsSchema = z.record(z.string(), z.int());

/** Of a home whose platform has been started; its ports are kept there. `standby`: GPU schedulers have a second one. */
export function targetsOf(
  home: Home,
  cells: readonly CellPlace[],
  edgePort: number,
  gpu: readonly GpuPlace[] = [],
  { standby }: { standby: boolean } = { standby: false },
): Target[] {
  const ports = portsOf(home);
  const edge: Target = { job: 'cellbook-edge', address: at(edgePort), labels: {} };
  return [
    edge,
    ...cells.flatMap((place) => ofCell(home, place, ports)),
    ...gpu.flatMap((place) => ofRegion(place, ports, standby)),
  ];
}

/** By the name of the program. */
export const portsOf = (home: Home): Record<string, number> =>
  portsSchema.parse(JSON.parse(readFileSync(join(home.run, 'ports'), 'utf8')));

function ofRegion(
  { regionId, schedulerId, hosts }: GpuPlace,
  ports: Record<string, number>,
  standby: boolean,
): Target[] {
  const target = (job: Target['job'], program: string, labels: Record<string, string>): Target[] => {
    const port = ports[program];
    return port === undefined ? [] : [{ job, address: at(port), labels: { region: regionId, ...labels } }];
  };
  return [
    ...['', ...(standby ? ['-b'] : [])].flatMap((which) =>
      target('cellbook-scheduler', `scheduler-${schedulerId}${which}`, { scheduler: schedulerId }),
    ),
    ...hosts.flatMap(({ hostId }) => target('cellbook-gpu-agent', `gpu-agent-${hostId}`, { host: hostId })),
  ];
}

function ofCell(home: Home, { cellId, regionId }: CellPlace, ports: Record<string, number>): Target[] {
  const labels = { region: regionId, cell: cellId };
  const authorityFile = join(home.keys, 'tls', cellId, 'controller', 'ca.crt');
  const hosts = Object.entries(ports).flatMap(([name, port]): Target[] => {
    const host = hostIdOf(name, cellId);
    if (host === null) return [];
    const serverName = hostName(cellIdSchema.parse(cellId), hostIdSchema.parse(host));
    const tls = { serverName, authorityFile };
    return [{ job: 'cellbook-host', address: at(port), labels: { ...labels, host }, tls }];
  });
  const port = ports[`cell-${cellId}`];
  if (port === undefined) return hosts;
  return [{ job: 'cellbook-cell', address: at(port), labels }, ...hosts];
}

/** `host-eu-1-a` is a host of `eu-1`. */
function hostIdOf(name: string, cellId: string): string | null {
  const [, host] = /^host-(.+)$/.exec(name) ?? [];
  return host?.replace(/-[^-]+$/, '') === cellId ? host : null;
}

const at = (port: number): string => `127.0.0.1:${port}`;
