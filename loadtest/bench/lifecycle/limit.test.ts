import { expect, it } from 'vitest';
import { limitOf } from './limit.ts';

const use = {
  controllerCores: 0.4,
  postgresCores: 0.4,
  benchmarkCores: 0.1,
  machineCores: 0.9,
  commitsPerSecond: 900,
  commitsPerSecondAlone: 3_000,
};

const steps = { attach_files: { p50Ms: 170 }, stop_sandbox: { p50Ms: 1 } };

it('names the controller’s thread before the machine, the machine before the disk, and else the slowest step', () => {
  expect(limitOf({ ...use, controllerCores: 0.95, postgresCores: 1.2 }, 2, steps)).toContain('one thread');
  expect(limitOf({ ...use, machineCores: 1.9 }, 2, steps)).toMatch(/machine.*everything else 1\.00 of 2/);
  expect(limitOf({ ...use, commitsPerSecond: 2_400 }, 2, steps)).toContain('80 % of what it does alone');
  expect(limitOf(use, 2, steps)).toContain('attach_files, 170 ms');
});
