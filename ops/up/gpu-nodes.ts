/**
 * GPU hosts that come when they are needed and go again, simulated on this machine, written as `eu=L4*2:3`: in region eu
 * up to three more hosts with two L4 each (regional-scheduler/README.md, "How many GPUs"). One kind for each region.
 */
import type { RegionId } from '@cellbook/shared/ids.ts';
import type { GpuPlace } from './gpu-topology.ts';

export interface GpuNodes {
  sku: string;
  gpus: number;
  most: number;
}

/** Of models nobody lists (gpu-agent/src/devices/simulated.ts has the same). */
const usualMib = 24_576;
const mibOf: Record<string, number> = { H200: 143_771, H100: 81_559, A100: 81_920, L40S: 46_068, L4: 23_034 };

/** Throws in words what is malformed. */
export function gpuNodes(setting: string, places: readonly GpuPlace[]): Map<RegionId, GpuNodes> {
  if (setting === 'off') return new Map();
  const parts = setting.split(';').filter((part) => part.trim() !== '');
  return new Map(
    parts.map((part) => {
      const [name = '', what = ''] = part.split('=').map((text) => text.trim());
      const place = places.find(({ regionId }) => regionId === name);
      if (!place) throw new Error(`${name} is no region with GPUs`);
      const found = /^([A-Za-z0-9]+)\*([1-9]\d?):([1-9]\d?)$/.exec(what);
      if (!found) throw new Error(`“${what}” is not <model>*<how many>:<hosts at the most>`);
      const [, sku = '', gpus, most] = found;
      return [place.regionId, { sku, gpus: Number(gpus), most: Number(most) }];
    }),
  );
}

/** The part of the region's policy that asks for them: no fewer than the hosts that are there anyway. */
export function scaleOf({ hosts }: GpuPlace, { sku, gpus, most }: GpuNodes, provisionMs: number) {
  const own = hosts.reduce((sum, { devices }) => {
    const [, model, count] = /^simulated:([^*]+)\*(\d+)/.exec(devices) ?? [];
    return sum + (model === sku ? Number(count) : 0);
  }, 0);
  const name = `${sku.toLowerCase()}x${gpus}`;
  const bounds = { gpusMin: own, gpusMax: own + gpus * most };
  return { nodes: [{ name, sku, gpus, gpuMemoryMib: mibOf[sku] ?? usualMib, provisionMs, ...bounds }] };
}
