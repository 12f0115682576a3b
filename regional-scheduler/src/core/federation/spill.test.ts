import type { JobId, RegionId } from '@cellbook/shared/ids.ts';
import { describe, expect, it } from 'vitest';
import { chooseSpills, type RegionStatus, refusalOf, type SpillJob, usualSpillPolicy } from './spill.ts';

const us = 'us' as RegionId;
const minuteMs = 60_000;
const job = (at: number, change: Partial<SpillJob> = {}): SpillJob => ({
  jobId: `job-${String(at).padStart(4, '0')}` as JobId,
  tier: 'paid',
  gpus: 1,
  skus: null,
  gpuMemoryMib: 20_000,
  regions: null,
  interactive: false,
  attempts: 0,
  cameFromAnother: false,
  handoff: 0,
  waitHereMs: 20 * minuteMs,
  isHopelessHere: false,
  p50Ms: minuteMs,
  ...change,
});
const region = (waitMs: number, change: Partial<RegionStatus> = {}): RegionStatus => ({
  regionId: us,
  takes: true,
  waitMs: { free: waitMs, paid: waitMs, enterprise: waitMs },
  kinds: [{ sku: 'H200', gpuMemoryMib: 140_000, gpusPerHost: 8, gpus: 64 }],
  ...change,
});
const none = new Set<RegionId>();
const choose = (jobs: SpillJob[], others: RegionStatus[], active = none) =>
  chooseSpills(jobs, others, usualSpillPolicy, active);

describe('spilling over to another region', () => {
  it('moves a job that would start much sooner there', () => {
    expect(choose([job(1)], [region(minuteMs)])).toEqual([{ jobId: 'job-0001', to: us, handoff: 1 }]);
  });

  it.each([
    ['must stay', { regions: ['eu' as RegionId] }],
    ['has run here', { attempts: 1 }],
    ['somebody waits in front of', { interactive: true }],
    ['came from another region', { cameFromAnother: true }],
    ['was offered in vain a hundred times', { handoff: 100 }],
    ['starts soon', { waitHereMs: 20_000 }],
    ['no host there can take', { gpus: 9 }],
    ['needs another model', { skus: ['A100'] }],
    ['needs more memory', { gpuMemoryMib: 200_000 }],
  ])('leaves one that %s', (_, change) => {
    expect(choose([job(1, change)], [region(0)])).toEqual([]);
  });

  it('moves nothing to a region that takes nothing, or where the tier has no GPUs', () => {
    expect(choose([job(1)], [region(0, { takes: false })])).toEqual([]);
    expect(choose([job(1)], [region(0, { waitMs: { free: 0, paid: null, enterprise: 0 } })])).toEqual([]);
  });

  it('moves what can never run here at once, however long the other queue is', () => {
    expect(choose([job(1, { isHopelessHere: true, waitHereMs: 0 })], [region(60 * minuteMs)])).toHaveLength(
      1,
    );
  });

  it('has hysteresis: what goes on at a gain would not have begun at it', () => {
    const waits = [2, 4, 6, 8, 10, 12, 14, 16, 18].map((minutes) => region(minutes * minuteMs));
    const begins = waits.filter((other) => choose([job(1)], [other]).length > 0).length;
    const goesOn = waits.filter((other) => choose([job(1)], [other], new Set([us])).length > 0).length;
    expect(goesOn).toBeGreaterThan(begins);
    expect(goesOn).toBeLessThan(waits.length);
  });

  it('counts what it has given to a region in this round: it does not empty one queue into another', () => {
    const jobs = Array.from({ length: 5000 }, (_, at) => job(at, { p50Ms: 20 * minuteMs }));
    const spills = chooseSpills(jobs, [region(0)], { ...usualSpillPolicy, perRoundMax: 5000 }, none);
    expect(spills.length).toBeGreaterThan(10);
    expect(spills.length).toBeLessThan(64);
  });

  it('comes to rest: two regions that spill to each other by what they see exchange each job once at the most', () => {
    const work = { eu: 400, us: 0 };
    const moved: number[] = [];
    for (let round = 0; round < 50; round++) {
      for (const [here, there] of [
        ['eu', 'us'],
        ['us', 'eu'],
      ] as const) {
        const waits = { here: (work[here] / 64) * minuteMs, there: (work[there] / 64) * minuteMs };
        const jobs = Array.from({ length: Math.min(100, work[here]) }, (_, at) =>
          job(at, { waitHereMs: waits.here }),
        );
        const other = region(waits.there, { regionId: there as RegionId });
        const spills = choose(jobs, [other], moved.length > 0 ? new Set([there as RegionId]) : none);
        work[here] -= spills.length;
        work[there] += spills.length;
        moved.push(spills.length);
      }
    }
    expect(moved.slice(0, 10).some((count) => count > 0)).toBe(true);
    expect(moved.slice(-60).every((count) => count === 0)).toBe(true);
    expect(work.eu).toBeGreaterThanOrEqual(work.us);
  });

  it('is refused by the other side on its own word, whatever the first believed', () => {
    const here = region(0);
    expect(refusalOf({ job: job(1), from: 'eu' as RegionId }, here)).toBeNull();
    const refused = [{ cameFromAnother: true }, { regions: ['eu' as RegionId] }, { gpus: 16 }];
    for (const change of refused)
      expect(refusalOf({ job: job(1, change), from: 'eu' as RegionId }, here)).not.toBeNull();
    expect(refusalOf({ job: job(1), from: 'eu' as RegionId }, { ...here, takes: false })).not.toBeNull();
  });
});
