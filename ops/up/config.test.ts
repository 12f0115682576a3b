import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { platformConfig } from './config.ts';

it('gives GPU hosts programs of one’s own, wherever the command was given', () => {
  const given = (text: string) => platformConfig({ CELLBOOK_GPU_PROGRAMS: text }).gpuPrograms;
  expect(given('mine::/opt/theirs:')).toEqual([resolve('mine'), '/opt/theirs']);
  expect(platformConfig({}).gpuPrograms).toEqual([]);
});
