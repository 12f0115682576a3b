import type { OrgId } from '@cellbook/shared/ids.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SchedulerEvent } from './model/event.ts';
import { interactiveAheadMs } from './queue/shape-class.ts';
import { entitled, level, type TierShare } from './share/fair-share.ts';
import { tierNames } from './share/tiers.ts';
import { host, org, Region } from './testing/region.ts';
import { Walk } from './testing/walk.ts';

const seeds = fc.integer({ min: 1, max: 1_000_000 });
const fleet = ['a', 'b', 'c', 'd'].map((name) => host(`h-${name}`));

/** Time goes to the very moment at which the next one ends: predictions hold. */
function toNextEnd(region: Region): void {
  let nextMs = Number.POSITIVE_INFINITY;
  const { state } = region;
  for (const { startedMs, row, tries } of state.attempts.values())
    nextMs = Math.min(nextMs, startedMs! + state.jobs.p50Ms[row]! - tries.savedMs);
  region.nowMs = nextMs;
  for (const { jobId, startedMs, row, tries, preempting } of [...state.attempts.values()]) {
    const endMs = startedMs! + state.jobs.p50Ms[row]! - tries.savedMs;
    if (endMs <= nextMs) region.end(jobId);
    else if (preempting) region.end(jobId, { kind: 'preempted' }, tries.savedMs + region.nowMs - startedMs!);
  }
}

describe('sharing among tiers', () => {
  const shareArbitrary: fc.Arbitrary<TierShare> = fc
    .record({
      floorShare: fc.double({ min: 0, max: 0.33, noNaN: true }),
      weight: fc.integer({ min: 1, max: 10 }),
      ceilingShare: fc.double({ min: 0.34, max: 1, noNaN: true }),
      wantedMilli: fc.integer({ min: 0, max: 200_000 }),
    })
    .map(({ wantedMilli, ...policy }) => ({ policy, heldMilli: 0, wantedMilli }));

  it('always_shares_out_everything_that_is_wanted_and_allowed_and_no_more', () => {
    fc.assert(
      fc.property(fc.array(shareArbitrary, { minLength: 3, maxLength: 3 }), (shares) => {
        const capacity = 100_000;
        const given = entitled(shares, capacity);
        const most = shares.map(({ policy, wantedMilli }) =>
          Math.min(wantedMilli, Math.floor(policy.ceilingShare * capacity + 1e-6)),
        );
        const sum = given.reduce((all, one) => all + one, 0);
        expect(sum).toBeCloseTo(Math.min(capacity, most[0]! + most[1]! + most[2]!), 3);
        for (const [at, one] of given.entries()) {
          expect(one).toBeLessThanOrEqual(most[at]! + 1e-6);
          const floor = shares[at]!.policy.floorShare * capacity;
          expect(one).toBeGreaterThanOrEqual(Math.min(floor, most[at]!) - 1e-6);
        }
      }),
    );
  });

  it('serves who is furthest below his floor, then who has least by weight above it', () => {
    const at = (heldMilli: number, weight: number) =>
      level({ policy: { floorShare: 0.2, weight, ceilingShare: 1 }, heldMilli }, 10_000);
    expect(at(0, 1)).toBe(-1);
    expect(at(1_000, 1)).toBe(-0.5);
    expect(at(2_000, 1)).toBe(0);
    expect(at(4_000, 2)).toBeLessThan(at(4_000, 1));
  });

  it('eventually_brings_a_backlogged_tier_to_its_floor_within_its_neighbours_longest_job', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const region = new Region(seed);
        const random = seededRandom(seed);
        region.policy((policy) => ({ ...policy, preemption: { ...policy.preemption, burst: 0 } }));
        region.hosts(...fleet);
        const job = () => ({ gpus: 1 + random.int(2), runMs: 20_000 + random.int(100_000) });
        for (let one = 0; one < 200; one++) region.submit({ tier: 'free', customer: 1, ...job() });
        region.decide();
        region.started();
        const fromMs = region.nowMs;
        const most = { free: 0, paid: 0, enterprise: 0 };
        for (const tier of ['paid', 'enterprise'] as const)
          for (let one = 0; one < 200; one++) region.submit({ tier, customer: 2, ...job() });
        for (let turn = 0; turn < 120; turn++) {
          toNextEnd(region);
          region.decide();
          region.started();
          if (region.nowMs > fromMs + 120_000) break;
          for (const tier of tierNames) most[tier] = Math.max(most[tier], region.state.tiers[tier].heldMilli);
        }
        for (const tier of tierNames) {
          expect(region.state.tiers[tier].queued).toBeGreaterThan(0);
          const floor = region.state.policy.tiers[tier].floorShare * region.state.fleet.capacityMilli;
          // A job of two GPUs may wait for the second of them.
          expect(most[tier]).toBeGreaterThanOrEqual(floor - 1_000);
        }
      }),
      { numRuns: 8 },
    );
  });
});

describe('sharing among customers', () => {
  it('always_serves_two_backlogged_customers_by_their_weights_to_within_two_of_the_largest_job', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const region = new Region(seed);
        const random = seededRandom(seed);
        region.hosts(...fleet);
        const weights = [1, 2, 3];
        for (const [at, weight] of weights.entries())
          region.apply({
            ...{ type: 'customer_set', atMs: region.nowMs, orgId: org(at + 1), weight, runningMax: null },
          });
        const runMsMax = 100_000;
        for (let one = 0; one < 300; one++)
          for (const customer of [1, 2, 3])
            region.submit({ customer, runMs: 10_000 + random.int(runMsMax - 10_000) });
        const served = new Map<OrgId, number>();
        for (let turn = 0; turn < 100; turn++) {
          const runMsOf = new Map(
            [...region.state.jobs.rows()].map((row) => [region.state.jobs.ids[row]!, row]),
          );
          for (const event of region.decide()) {
            if (event.type !== 'job_placed') continue;
            const row = runMsOf.get(event.jobId)!;
            const orgId = region.state.jobs.orgOf(row);
            served.set(orgId, (served.get(orgId) ?? 0) + region.state.jobs.p50Ms[row]!);
          }
          const shares = weights.map((weight, at) => (served.get(org(at + 1)) ?? 0) / weight);
          expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(2 * runMsMax);
          region.started();
          toNextEnd(region);
        }
      }),
      { numRuns: 5 },
    );
  });

  it('always_lets_who_says_of_all_his_jobs_that_a_person_waits_have_an_hour_of_a_gpu_more_and_no_more', () => {
    const region = new Region();
    region.hosts(...fleet);
    const [runMs, pairs] = [100_000, 300];
    for (let one = 0; one < pairs; one++)
      for (const customer of [1, 2]) region.submit({ customer, runMs, interactive: customer === 1 });
    const served = new Map<OrgId, number>();
    const of = (customer: number) => served.get(org(customer)) ?? 0;
    let most = 0;
    while (of(1) + of(2) < pairs * runMs) {
      const rows = new Map([...region.state.jobs.rows()].map((row) => [region.state.jobs.ids[row]!, row]));
      for (const event of region.decide()) {
        if (event.type !== 'job_placed') continue;
        const orgId = region.state.jobs.orgOf(rows.get(event.jobId)!);
        served.set(orgId, (served.get(orgId) ?? 0) + runMs);
      }
      most = Math.max(most, of(1) - of(2));
      region.started();
      toNextEnd(region);
    }
    expect(most).toBeLessThanOrEqual(interactiveAheadMs + 2 * runMs);
    expect(most).toBeGreaterThan(interactiveAheadMs / 2);
    expect(of(2)).toBeGreaterThan(of(1) / 2);
  });

  it('runs no more of a customer at once than it may', () => {
    const region = new Region();
    region.hosts(...fleet);
    region.apply({ type: 'customer_set', atMs: region.nowMs, orgId: org(1), weight: 1, runningMax: 2 });
    for (let one = 0; one < 5; one++) region.submit({ customer: 1 });
    region.decide();
    expect(region.running()).toHaveLength(2);
    region.end(region.running()[0]!.jobId);
    region.decide();
    expect(region.running()).toHaveLength(2);
    region.apply({ type: 'customer_set', atMs: region.nowMs, orgId: org(1), weight: 1, runningMax: null });
    region.decide();
    expect(region.running()).toHaveLength(4);
  });
});

describe('preemption', () => {
  it('always_leaves_who_has_hardly_begun_and_nobody_is_stopped_too_often', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const walk = new Walk(seed, { burst: 6 });
        for (let step = 0; step < 60; step++) walk.step();
        checkPreemptions(walk.region.log, 20_000, walk.region.state.policy.preemption.perJobMax);
      }),
      { numRuns: 20 },
    );
  });

  it('finally_ends_when_nobody_comes_any_more_and_with_it_every_job', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const walk = new Walk(seed, { isCalm: true, job: (random) => ({ ...small(random.float()) }) });
        for (let step = 0; step < 30; step++) walk.step();
        walk.drain(400);
        expect(walk.region.state.jobs.size).toBe(0);
        expect(walk.region.state.reservations.size).toBe(0);
        const { jobs, fleet, tiers } = walk.region.state;
        expect([jobs.size, fleet.reserved.length, tiers.free.heldMilli, tiers.paid.queued]).toEqual([
          0, 0, 0, 0,
        ]);
      }),
      { numRuns: 15 },
    );
  });
});

describe('backfill', () => {
  it('always_lets_a_reservation_begin_when_it_was_promised_where_predictions_hold', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const region = new Region(seed);
        const random = seededRandom(seed);
        region.hosts(...fleet);
        const promised = new Map<string, number>();
        for (let one = 0; one < 150; one++)
          region.submit({
            customer: 1 + random.int(4),
            gpus: [1, 1, 2, 4, 8][random.int(5)]!,
            runMs: 5_000 + random.int(100_000),
          });
        for (let turn = 0; turn < 300 && region.state.jobs.size > 0; turn++) {
          for (const event of region.decide()) {
            if (event.type === 'job_reserved' && !promised.has(event.jobId))
              promised.set(event.jobId, event.startMs);
            if (event.type !== 'job_placed') continue;
            expect(region.nowMs).toBeLessThanOrEqual(promised.get(event.jobId) ?? Number.POSITIVE_INFINITY);
            promised.delete(event.jobId);
          }
          region.started();
          toNextEnd(region);
        }
        expect(region.state.jobs.size).toBe(0);
      }),
      { numRuns: 15 },
    );
  });

  it('eventually_starts_a_gang_among_ever_more_small_jobs', () => {
    const region = new Region();
    const random = seededRandom(3);
    region.hosts(host('h-1'), host('h-2'));
    const fill = () => {
      while (region.state.tiers.paid.queued < 30)
        region.submit({ customer: 1 + random.int(3), runMs: 20_000 + random.int(60_000) });
    };
    fill();
    region.decide();
    region.started();
    const gang = region.submit({ customer: 9, gpus: 8 });
    let turns = 0;
    for (; region.hostOf(gang) === null && turns < 60; turns++) {
      toNextEnd(region);
      fill();
      region.decide();
      region.started();
    }
    expect(region.hostOf(gang)).not.toBeNull();
  });
});

function small(at: number) {
  const tier = tierNames[Math.floor(at * 3)]!;
  return {
    tier,
    customer: 1 + (Math.floor(at * 30) % 5),
    gpus: at < 0.2 ? 4 : 1,
    runMs: 20_000 + 300_000 * at,
  };
}

function checkPreemptions(log: readonly SchedulerEvent[], ranMsMin: number, perJobMax: number): void {
  const startedMs = new Map<string, number>();
  const stopped = new Map<string, number>();
  for (const event of log) {
    if (event.type === 'attempt_started') startedMs.set(event.attemptId, event.atMs);
    if (event.type === 'preemption_asked')
      expect(event.atMs - startedMs.get(event.attemptId)!).toBeGreaterThanOrEqual(ranMsMin);
    if (event.type === 'attempt_ended' && event.outcome.kind === 'preempted')
      stopped.set(event.jobId, (stopped.get(event.jobId) ?? 0) + 1);
  }
  for (const times of stopped.values()) expect(times).toBeLessThanOrEqual(perJobMax);
}
