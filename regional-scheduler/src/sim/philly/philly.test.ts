import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type PhillyJob, readPhilly } from './read-philly.ts';
import { runPhilly } from './run-philly.ts';

const trace = fileURLToPath(new URL('../../../../../shared/traces/philly/philly.csv.gz', import.meta.url));
const job = (submitMs: number, gpus: number, runMs: number, group = 'a'): PhillyJob => ({
  submitMs,
  gpus,
  runMs,
  group,
});

describe('jobs of a cluster', () => {
  it('that find room take as long as they run, and are as well off as alone', () => {
    const outcome = runPhilly([job(0, 4, 60_000), job(1_000, 4, 60_000)], { gpus: 8 });
    expect(outcome).toMatchObject({ jobs: 2, avgJctSeconds: 60, avgWaitSeconds: 0, backlogShare: 0 });
    expect(outcome.worstFinishTimeFairness).toBeCloseTo(1, 6);
  });

  it('that wait are worse off than on their own share', () => {
    const outcome = runPhilly([job(0, 8, 600_000), job(0, 8, 600_000, 'b')], { gpus: 8 });
    // The first is alone on half of the cluster twice as slow; the second waits for it, with 1.5 there on average.
    expect(outcome).toMatchObject({ utilisation: 1, backlogShare: 0.5, makespanSeconds: 1200 });
    expect(outcome.worstFinishTimeFairness).toBeCloseTo(1200 / (600 * 1.5), 6);
  });

  it('that are wider than a host run as parts, and end with the last of them', () => {
    const outcome = runPhilly([job(0, 16, 60_000)], { gpus: 8 });
    expect(outcome).toMatchObject({ jobs: 1, avgJctSeconds: 120 });
  });
});

describe.skipIf(!existsSync(trace))('the published jobs', () => {
  it('keep the GPUs busy while somebody waits', { timeout: 120_000 }, () => {
    const first = readPhilly(trace).slice(0, 2_000);
    const outcome = runPhilly(first, { gpus: 64 });
    expect(outcome.jobs).toBe(2_000);
    // Of so few, the widest weigh much: the bar of 95 % is for all of them, by the command (README).
    expect(outcome.utilisation).toBeGreaterThan(0.9);
  });
});
