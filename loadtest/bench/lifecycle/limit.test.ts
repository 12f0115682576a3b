import { expect, it } from 'vitest';
import { limitOf } from './limit.ts';

const use = {
  controllerCores: 0.4,
  postgresCores: 0.4,
  benchmarkCores: 0.1,
  commitsPerSecond: 900,
  commitsPerSecondAlone: 3_000,
};

it('names the controller’s thread before the machine, and the machine before the disk', () => {
  expect(limitOf({ ...use, controllerCores: 0.95, postgresCores: 1.2 }, 2)).toContain('one thread');
  expect(limitOf({ ...use, controllerCores: 0.8, postgresCores: 1.1 }, 2)).toContain('machine');
  expect(limitOf(use, 2)).toContain('30 % of what it commits alone');
});
