import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { emptyCluster, takeGpus } from './muri-cluster.ts';
import { muriPolicies } from './muri-policies.ts';
import { type MuriJob, readMuri } from './read-muri.ts';
import { type MuriOutcome, simulateMuri } from './simulate-muri.ts';

const traces = fileURLToPath(new URL('../../../../../shared/traces/muri/', import.meta.url));

/** `iterations` of a second each. */
const job = (id: number, gpus: number, submitSeconds: number, iterations: number): MuriJob => ({
  id,
  gpus,
  submitSeconds,
  iterations,
  iterationSeconds: 1,
  restartSeconds: 10,
});

describe('the cluster', () => {
  it('puts a job of a host’s size on one host, a wider one on whole hosts, or nowhere', () => {
    const free = emptyCluster();
    expect(takeGpus(free, 4)).toBe(true);
    expect(takeGpus(free, 8)).toBe(true);
    expect(takeGpus(free, 20)).toBe(true);
    expect(free).toEqual([0, 0, 0, 0, 8, 8, 8, 8]);
    expect(takeGpus(free, 40)).toBe(false);
    expect(free).toEqual([0, 0, 0, 0, 8, 8, 8, 8]);
  });
});

describe('the simulation', () => {
  it('charges every running job its restart at every event', () => {
    // The second job's coming costs the first one ten seconds, its own end another ten.
    const outcome = simulateMuri([job(0, 1, 0, 1000), job(1, 1, 100, 200)], muriPolicies.srtf!());
    expect(outcome).toEqual({ avgJctSeconds: (1020 + 200) / 2, makespanSeconds: 1020, p99JctSeconds: 1020 });
  });

  it.each(Object.keys(muriPolicies))('lets the short one overtake on a full cluster (%s)', (name) => {
    const jobs = [job(0, 64, 0, 100_000), job(1, 64, 20_000, 100), job(2, 1, 20_001, 50)];
    const { avgJctSeconds, makespanSeconds } = simulateMuri(jobs, muriPolicies[name]!());
    expect(makespanSeconds).toBeGreaterThan(100_000);
    expect(avgJctSeconds).toBeLessThan(40_000);
  });

  it('says so when a job asks for more than the cluster has', () => {
    expect(() => simulateMuri([job(0, 65, 0, 1)], muriPolicies.srtf!())).toThrow(RangeError);
  });
});

describe.skipIf(!existsSync(traces))('the published experiment', () => {
  const metrics: Record<string, keyof MuriOutcome> = {
    JCT: 'avgJctSeconds',
    Makespan: 'makespanSeconds',
    '99JCT': 'p99JctSeconds',
  };
  const published = (policy: string, metric: string, trace: string): number => {
    const lines = readFileSync(join(traces, 'published.csv'), 'utf8').split('\n');
    const line = lines.find((one) => one.startsWith(`${policy},${metric},${trace},`));
    return Number(line?.split(',')[3]);
  };

  // Of the three traces the smallest: the others come out the same by the command (README).
  const trace = join(traces, 'trace3.csv');

  it.each([
    ['srtf', 'SRTF'],
    ['srsf', 'SRSF'],
    ['tiresias', 'Tiresias_L'],
  ])('comes out as published for %s', { timeout: 120_000 }, (policy, name) => {
    const outcome = simulateMuri(readMuri(trace), muriPolicies[policy]!());
    for (const [metric, key] of Object.entries(metrics))
      expect(outcome[key] / published(name, metric, 'trace3'), metric).toBeCloseTo(1, 8);
  });

  it('ends jobs sooner on average, knowing no runtime, than what was published of those that know none', {
    timeout: 120_000,
  }, () => {
    const { avgJctSeconds } = simulateMuri(readMuri(trace), muriPolicies.learned!());
    for (const other of ['Tiresias_L', 'themis', 'antman'])
      expect(avgJctSeconds, other).toBeLessThan(published(other, 'JCT', 'trace3'));
  });
});
