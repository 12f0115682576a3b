/**
 * Which GPU hosts each region has on this machine, written as `eu=H200*8,A100*4;us=H100*8,L4*2`: a host for each entry,
 * with devices that are simulated and programs that are real (gpu-agent/README.md). A region that is written `nvidia` has one
 * host, with the GPUs of this machine: its programs are other versions than those of simulated hosts. `auto` gives every region two hosts; `off` leaves schedulers and hosts out altogether.
 */
import { type HostId, hostIdSchema, type RegionId } from '@cellbook/shared/ids.ts';
import type { CellPlace } from './topology.ts';

export interface GpuHostPlace {
  hostId: HostId;
  /** As CELLBOOK_DEVICES of its agent says it. */
  devices: string;
}

export interface GpuPlace {
  regionId: RegionId;
  /** Of its scheduler: what the edge signs for. */
  schedulerId: string;
  hosts: GpuHostPlace[];
}

/** In turn, so that regions differ in what they have. */
const usualHosts = [
  ['H200*8', 'A100*4'],
  ['H200*8', 'L4*2'],
];
const hostsMax = 8;
/** What it has is what the driver says. */
export const realGpus = 'nvidia';

export function gpuTopology(setting: string, cells: readonly CellPlace[]): GpuPlace[] {
  const regions = [...new Set(cells.map(({ regionId }) => regionId))];
  if (setting === 'off') return [];
  const wanted = setting === 'auto' ? null : hostsByRegion(setting, regions);
  return regions.flatMap((regionId, index) => {
    const devices = wanted ? wanted.get(regionId) : usualHosts[index % usualHosts.length];
    return devices ? [placeOf(regionId, devices)] : [];
  });
}

function placeOf(regionId: RegionId, devices: readonly string[]): GpuPlace {
  const hosts = devices.map((text, index) => ({
    hostId: hostIdSchema.parse(`gpu-${regionId}-${String.fromCharCode('a'.charCodeAt(0) + index)}`),
    devices: text === realGpus ? text : `simulated:${text}`,
  }));
  return { regionId, schedulerId: `gpu-${regionId}`, hosts };
}

/** Throws in words what is malformed. */
function hostsByRegion(setting: string, regions: readonly RegionId[]): Map<RegionId, string[]> {
  const parts = setting.split(';').filter((part) => part.trim() !== '');
  if (setting.split(realGpus).length > 2)
    throw new Error(`the GPUs of this machine are one host’s: ${realGpus} can stand there once`);
  return new Map(
    parts.map((part) => {
      const [name = '', hosts = ''] = part.split('=').map((text) => text.trim());
      const regionId = regions.find((region) => region === name);
      if (regionId === undefined) throw new Error(`${name} is no region; there are ${regions.join(', ')}`);
      const devices = hosts.split(',').map((text) => text.trim());
      const isWell = (text: string) => text === realGpus || /^[A-Za-z0-9]+\*\d+(\*\d+)?$/.test(text);
      const malformed = devices.find((text) => !isWell(text));
      if (malformed !== undefined)
        throw new Error(`“${malformed}” is not <model>*<how many>, or ${realGpus}`);
      if (devices.length > 1 && devices.includes(realGpus))
        throw new Error(`${name} has ${realGpus} and other hosts, which lack the programs of its own`);
      if (devices.length > hostsMax) throw new Error(`${name} has more than ${hostsMax} hosts`);
      return [regionId, devices];
    }),
  );
}
