import { expect, test } from 'vitest';
import { rungReports, stepsReport } from './report.ts';
import type { Sample } from './samples.ts';
import { turns } from './turns.ts';

const sample = (wanted: Sample['wanted'], taken: string, totalMs: number): Sample => ({
  ...{ wanted, taken, totalMs, steps: { call: totalMs } },
});

test('a sample that took another rung is said, and counts for neither', () => {
  const samples = [sample('live', 'live', 100), sample('live', 'memory', 900), sample('cold', 'cold', 3_000)];
  const { live, memory, memoryRemote, cold } = rungReports(samples);
  expect(live).toEqual({ p50Ms: 100, p95Ms: 100, p99Ms: 100, n: 1, tookAnother: { memory: 1 } });
  expect(memory).toBe(null);
  expect(cold).toMatchObject({ n: 1, p50Ms: 3_000 });
  expect(memoryRemote).toMatchObject({ why: expect.any(String) });
});

test('the largest three steps are named, and steps that do not make up the whole are counted', () => {
  const of = (totalMs: number) => ({ totalMs, steps: { call: 10, thaw: 50, record: 20, wake: 15 } });
  expect(stepsReport([of(95), of(99), of(120)])).toEqual({
    p50Ms: { call: 10, thaw: 50, record: 20, wake: 15 },
    ...{ largest: ['thaw', 'record', 'wake'], offByPercentMax: 20.8, offTooFar: 1 },
  });
});

test('what is measured rarely is spread over what is measured often', () => {
  expect(turns({ often: 4, rarely: 1, never: 0 })).toEqual(['often', 'often', 'rarely', 'often', 'often']);
});
