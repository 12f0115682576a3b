/**
 * The crash matrix as its command runs it in brief: the controller's death at every step, and one row of each other
 * sort, of sandboxes whose memory is not kept; the whole takes half an hour. What its rows are is tested beside the planner (cells/src/lifecycle/crash).
 */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { z } from 'zod';

const program = resolve(import.meta.dirname, '../../cells/src/lifecycle/crash/testing/main.ts');
const summarySchema = z.object({
  count: z.int(),
  passed: z.int(),
  steps: z.int(),
  stepsWanted: z.int(),
  failures: z.array(z.object({ name: z.string(), wrong: z.array(z.string()) })),
});

test('killed at every step of every transition, a cell that starts again reaches what was wanted and has lost nothing', async () => {
  const run = promisify(execFile)(process.execPath, [program, '--json', '--brief'], {
    maxBuffer: 16 * 1024 ** 2,
  });
  const { stdout } = await run.catch((failed: { stdout?: string; stderr?: string }) => {
    if (failed.stdout?.includes('"failures"')) return { stdout: failed.stdout };
    throw new Error(`the matrix did not run to its end:\n${failed.stdout}\n${failed.stderr}`);
  });
  const summary = summarySchema.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
  expect(summary.failures).toEqual([]);
  expect(summary.passed).toBe(summary.count);
  expect(summary.steps).toBe(summary.stepsWanted);
  expect(summary.steps).toBeGreaterThan(0);
}, 900_000);
