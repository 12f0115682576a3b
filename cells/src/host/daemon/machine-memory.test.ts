import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { availableShare, createMachineMemory } from './machine-memory.ts';

const meminfo = (availableKib: number): string =>
  `MemTotal:       1000000 kB\nMemFree:            10 kB\nMemAvailable:   ${availableKib} kB\nSwapTotal: 0 kB\n`;

test('memory is short while little of it is available, caches that can be dropped not counted', () => {
  expect(availableShare(meminfo(250_000))).toBe(0.25);
  expect(createMachineMemory(() => meminfo(250_000)).isShort()).toBe(false);
  expect(createMachineMemory(() => meminfo(20_000)).isShort()).toBe(true);
});

test('a kernel that does not say is no reason to give anything up; this one says', () => {
  expect(createMachineMemory(() => 'MemTotal: 5 kB\n').isShort()).toBe(false);
  expect(availableShare(readFileSync('/proc/meminfo', 'utf8'))).toBeGreaterThan(0);
});
