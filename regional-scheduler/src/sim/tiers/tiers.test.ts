import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, it } from 'vitest';
import { drawDay, withPeople } from './day.ts';
import { drawPage } from './page.ts';
import { drawPlot } from './plot.ts';
import { dayPolicy, scaled, whatIfs } from './policies.ts';
import { runDay } from './run-day.ts';
import { judgePoison, poisonGpuMinutesMax, summaryOf } from './summary.ts';

const day = { gpus: 64, hours: 1, load: 1.3 };
const jobs = drawDay({ ...day, random: seededRandom(1) });
const healthy = runDay({ ...day, jobs, policy: dayPolicy, poison: false });

it('asks for as much as it says', () => {
  const gpuMs = jobs.reduce((sum, { gpus, runMs }) => sum + gpus * runMs, 0);
  // The first hours of a day are above its average, and an hour is a short time for a Poisson process.
  expect(gpuMs / (64 * 3_600_000)).toBeGreaterThan(1.2);
  expect(gpuMs / (64 * 3_600_000)).toBeLessThan(1.7);
});

it('keeps the fleet busy, and lets a higher tier start sooner', () => {
  const { startMs, utilisation } = summaryOf(healthy, jobs.length);
  expect(utilisation).toBeGreaterThan(0.95);
  expect(startMs.enterprise.p95).toBeLessThan(startMs.paid.p95);
  expect(startMs.paid.p95).toBeLessThan(startMs.free.p95);
});

it.each([2, 3])(
  'by the default policy all tiers start in time, and sooner who is waited for, seed %i',
  { timeout: 120_000 },
  (seed) => {
    const crowd = { ...day, hours: 1 };
    const drawn = withPeople(drawDay({ ...crowd, random: seededRandom(seed) }), 0.1, seededRandom(seed));
    const outcome = runDay({ ...crowd, jobs: drawn, policy: dayPolicy, poison: false });
    const { startMs, interactiveMs, utilisation, floorKept, preemptionsPerThousand, lostShare } = summaryOf(
      outcome,
      drawn.length,
    );
    expect(startMs.enterprise.p95).toBeLessThan(30_000);
    expect(startMs.paid.p95).toBeLessThan(600_000);
    expect(interactiveMs?.free.p50).toBeLessThan(startMs.free.p50);
    expect(interactiveMs?.paid.p95).toBeLessThan(startMs.paid.p95);
    expect(floorKept.free).toBe(1);
    expect(utilisation).toBeGreaterThan(0.95);
    expect(preemptionsPerThousand).toBeLessThan(200);
    expect(lostShare).toBeLessThan(0.03);
  },
);

it('hosts that come and go start jobs sooner than the same day without them', { timeout: 120_000 }, () => {
  const [, policy] = Object.values(scaled(64));
  const outcome = runDay({ ...day, jobs, policy: policy!, poison: false });
  const { startMs, nodes } = summaryOf(outcome, jobs.length);
  expect(nodes.came).toBeGreaterThan(0);
  expect(startMs.free.p95).toBeLessThan(summaryOf(healthy, jobs.length).startMs.free.p95 / 2);
});

it('shows what preemption is for', { timeout: 120_000 }, () => {
  const without = runDay({ ...day, jobs, policy: whatIfs['without preemption']!, poison: false });
  const p95 = (outcome: typeof healthy) => summaryOf(outcome, jobs.length).startMs.enterprise.p95;
  expect(p95(without)).toBeGreaterThan(2 * p95(healthy));
});

it('contains a class of prompts that hangs', { timeout: 120_000 }, () => {
  const poisoned = runDay({ ...day, jobs, policy: dayPolicy, poison: true });
  const { limits, gpuMinutes, limitedWrongly } = judgePoison(healthy, poisoned);
  expect(limits.map(({ limit }) => limit)).toContain('refused');
  expect(gpuMinutes).toBeLessThan(poisonGpuMinutesMax);
  expect(limitedWrongly).toBe(0);
});

it('draws three panels, and every line of them', () => {
  const svg = drawPlot(healthy, day);
  expect(svg.match(/<g /g)).toHaveLength(3);
  expect(svg.match(/<path /g)).toHaveLength(6 + 1 + 6);
  expect(svg).not.toContain('NaN');
});

it('puts what would be if beside what is, on one page', () => {
  const summary = summaryOf(healthy, jobs.length);
  const names = ['as it is', 'a < b'];
  const page = drawPage(
    names.map((name) => ({ name, outcome: healthy, summary })),
    day,
  );
  expect(page.match(/<svg /g)).toHaveLength(2);
  expect(page.match(/<tr><td>/g)).toHaveLength(2);
  expect(page).toContain('a &lt; b');
  expect(page).not.toMatch(/NaN|undefined/);
});
