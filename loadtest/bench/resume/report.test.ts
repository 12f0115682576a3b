import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { missing, ofBed } from './plan.ts';
import { report, stepsReport } from './report.ts';
import { type Line, openSamples } from './samples-file.ts';
import { turns } from './turns.ts';

const when = { at: '2026-01-01T00:00:00.000Z', load: 1 };
const sample = (wanted: 'live' | 'cold', taken: string, totalMs: number): Line => ({
  ...{ wanted, taken, totalMs, steps: { call: totalMs } },
  ...when,
});
const failure: Line = { wanted: 'memory', failed: 'the socket closed with 1012', ...when };

test('a sample that took another rung is said, as one that failed is, and neither counts', () => {
  const lines = [
    sample('live', 'live', 100),
    sample('live', 'memory', 900),
    sample('cold', 'cold', 3_000),
    failure,
  ];
  const { n, rungs, peer, load } = report([...lines, { wanted: 'peer', totalMs: 4_000, ...when, load: 7 }]);
  expect(n).toBe(2);
  expect(rungs.live).toEqual({
    p50Ms: 100,
    p95Ms: 100,
    p99Ms: 100,
    n: 1,
    tookAnother: { memory: 1 },
    failed: [],
  });
  expect(rungs.memory).toEqual({ n: 0, tookAnother: {}, failed: [failure.failed] });
  expect(rungs.files).toBe(null);
  expect(rungs.cold).toMatchObject({ n: 1, p50Ms: 3_000 });
  expect(peer).toMatchObject({ p50Ms: 4_000, n: 1 });
  expect(load).toEqual({ min: 1, p50: 1, max: 7 });
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

test('a run that was interrupted goes on with what its file lacks', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'cellbook-samples-'));
  try {
    const path = join(directory, 'samples.jsonl');
    const counts = { live: 3, memory: 1, memoryRemote: 2, files: 0, cold: 1, coldFromGolden: 0, peer: 4 };
    const first = await openSamples(path);
    for (const line of [sample('live', 'live', 90), sample('live', 'cold', 2_000), failure])
      await first.add(line);
    expect((await readFile(path, 'utf8')).trim().split('\n')).toHaveLength(3);
    const { lines } = await openSamples(path);
    const left = missing(counts, lines);
    expect(left).toEqual({ ...counts, live: 2 });
    expect(ofBed(left, 'plain')).toMatchObject({
      live: 2,
      memory: 0,
      memoryRemote: 0,
      files: 0,
      cold: 1,
      peer: 2,
    });
    expect(ofBed({ ...left, peer: 2 }, 'hosts')).toMatchObject({ live: 0, memoryRemote: 2, peer: 1 });
    expect(ofBed({ ...left, peer: 1 }, 'pool')).toMatchObject({ memory: 1, memoryRemote: 0, peer: 1 });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
