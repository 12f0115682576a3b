import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkoutDirectory } from '../up/config.ts';
import { slowestFirst, slowFiles } from './slow-first.ts';

test('every file that is known to be slow is there', () => {
  for (const path of Object.keys(slowFiles))
    expect(existsSync(join(checkoutDirectory, path)), path).toBe(true);
});

test('what is slow comes first, the slowest before all, and the rest as it was', () => {
  const files = ['b.test.ts', 'ops/e2e/start.test.ts', 'a.test.ts', 'ops/e2e/crash-matrix.test.ts'];
  expect(slowestFirst(files, (path) => path)).toEqual([
    'ops/e2e/crash-matrix.test.ts',
    'ops/e2e/start.test.ts',
    'b.test.ts',
    'a.test.ts',
  ]);
});
