/**
 * GPUs that only configuration knows: `H200*8` or, of a model nobody knows, `X1*4*16384` (MiB each). Programs that run on
 * them are real and run on the processor. A file makes them ill, as a real one falls ill: `{"3": "Xid 79: …"}`.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { Device } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import { z } from 'zod';
import { type DeviceSource, visibleAs } from './device-source.ts';

/** As the driver tells it of each, MiB. */
const memoryMibOf: Record<string, number> = {
  H200: 143_771,
  H100: 81_559,
  A100: 81_920,
  A10: 23_028,
  L40S: 46_068,
  L4: 23_034,
  T4: 15_360,
};

const illSchema = z.record(z.string(), z.string());

export function simulatedDevices(text: string, hostId: string, illPath: string): DeviceSource {
  const healthy = parseSimulated(text, hostId);
  return {
    async read() {
      const ill = existsSync(illPath) ? illSchema.parse(JSON.parse(await readFile(illPath, 'utf8'))) : {};
      return healthy.map((device) => {
        const problem = ill[String(device.index)];
        return problem === undefined
          ? device
          : { ...device, healthy: false, problem, cause: 'told' as const };
      });
    },
    visible(indexes) {
      const names = indexes.map((index) => healthy[index]?.uuid ?? '');
      return { environment: visibleAs(names), minors: null };
    },
  };
}

export function parseSimulated(text: string, hostId: string): Device[] {
  const [sku = '', count = '', memory, ...more] = text.split('*');
  const memoryMib = Number(memory ?? memoryMibOf[sku]);
  const gpus = Number(count);
  const counted = Number.isInteger(gpus) && gpus >= 1 && gpus <= 64;
  if (!counted || !Number.isInteger(memoryMib) || more.length > 0) throw malformed(text);
  return Array.from({ length: gpus }, (_, index) => ({
    ...{ index, uuid: `SIM-${hostId}-${index}`, sku, memoryMib, healthy: true, problem: '' },
  }));
}

const malformed = (text: string): CellbookError =>
  new CellbookError('bad_request', {
    doing: 'reading which GPUs to simulate',
    problem: `“${text}” is not <model>*<how many>, with *<MiB> after it for a model nobody knows`,
    next: `Known models: ${Object.keys(memoryMibOf).join(', ')}. For example CELLBOOK_DEVICES=simulated:H200*8.`,
  });
