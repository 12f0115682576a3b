/** Hosts of eight GPUs of three models, in racks of eight hosts. */
import { hostIdSchema } from '@cellbook/shared/ids.ts';
import type { HostSpec } from '../../core/model/host.ts';

const hostGpus = 8;
const models = [
  { sku: 'h100', share: 0.5, gpuMemoryMib: 81_920 },
  { sku: 'a100', share: 0.375, gpuMemoryMib: 40_960 },
  { sku: 'l40s', share: 0.125, gpuMemoryMib: 49_152 },
] as const;
export const skuPrice = { h100: 2, a100: 1.2, l40s: 0.8 };

export function mixedFleet(gpus: number): HostSpec[] {
  const hosts = Math.ceil(gpus / hostGpus);
  return Array.from({ length: hosts }, (_, index) => {
    const { sku, gpuMemoryMib } = modelAt((index + 0.5) / hosts);
    const hostId = hostIdSchema.parse(`${sku}-${String(index).padStart(4, '0')}`);
    return {
      hostId,
      sku,
      gpuMemoryMib,
      gpus: hostGpus,
      rack: `rack-${index >> 3}`,
      generation: 1,
      unhealthy: [],
    };
  });
}

function modelAt(place: number): (typeof models)[number] {
  let left = place;
  for (const model of models) {
    if (left < model.share) return model;
    left -= model.share;
  }
  return models[0];
}
