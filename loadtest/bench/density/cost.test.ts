import { expect, test } from 'vitest';
import { type Cost, costOf, fitOn, type Reading, type Snapshot } from './cost.ts';

const mib = 1024 ** 2;
const reading = (memory: number, processes: number, descriptors: number, core = 0): Reading => ({
  memoryBytes: memory * mib,
  ...{ processes, descriptors, core },
});
const before: Snapshot = {
  ...{
    sandboxes: reading(0, 0, 0),
    host: reading(100, 1, 50),
    cell: reading(200, 1, 60),
    edge: reading(300, 3, 70),
  },
  ...{ kernelBytes: 0, pssBytes: 0, hostDiskBytes: 10 * mib, storeDiskBytes: 0 },
};
const nothing: Cost = {
  ...{ memoryMiB: 0, sandboxMiB: 0, kernelMiB: 0, pssMiB: 0, processes: 0, descriptors: 0, corePercent: 0 },
  ...{ diskMiB: 0, storeMiB: 0, gatewayMiB: 0, gatewayDescriptors: 0 },
};

test('the cost of one is what all of them have added, on their host and at the gateway', () => {
  const now: Snapshot = {
    ...{
      sandboxes: reading(400, 8, 120, 0.02),
      host: reading(110, 3, 54, 0.01),
      cell: reading(198, 1, 66),
      edge: reading(300, 3, 72),
    },
    ...{ kernelBytes: 8 * mib, pssBytes: 420 * mib, hostDiskBytes: 50 * mib, storeDiskBytes: 2 * mib },
  };
  expect(costOf(before, now, 4)).toEqual({
    ...{
      memoryMiB: 102.5,
      sandboxMiB: 100,
      kernelMiB: 2,
      pssMiB: 105,
      processes: 2.5,
      descriptors: 31,
      corePercent: 0.75,
    },
    ...{ diskMiB: 10, storeMiB: 0.5, gatewayMiB: -0.5, gatewayDescriptors: 2 },
  });
  expect(costOf(before, before, 4)).toEqual(nothing);
  expect(() => costOf(before, now, 0)).toThrow(RangeError);
});

test('as many fit as what is used up first allows, beside what the platform itself takes', () => {
  const machine = { memoryMiB: 1_000, diskMiB: 500, processes: 90, descriptors: 10_000 };
  const taken = { memoryMiB: 100, diskMiB: 0, processes: 10, descriptors: 100 };
  const cost = { ...nothing, memoryMiB: 50, diskMiB: 10, processes: 2, descriptors: 30 };
  expect(fitOn(cost, machine, taken)).toEqual({ count: 18, by: 'memoryMiB' });
  expect(fitOn({ ...cost, processes: 20 }, machine, taken)).toEqual({ count: 4, by: 'processes' });
  expect(fitOn({ ...nothing, diskMiB: 0.1 }, machine, taken)).toEqual({ count: 5_000, by: 'diskMiB' });
  expect(fitOn({ ...nothing, memoryMiB: -3 }, machine, taken)).toEqual({ count: null, by: null });
  expect(fitOn(cost, machine, { ...taken, memoryMiB: 2_000 })).toEqual({ count: 0, by: 'memoryMiB' });
});
