import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { evaluate, quality } from './evaluate.ts';
import { readRequests, type ServedRequest } from './read-requests.ts';
import { servingSpeed } from './serving-speed.ts';

const trace = fileURLToPath(
  new URL('../../../../../shared/traces/genai/requests_first_60pct.csv.gz', import.meta.url),
);

describe('the prediction experiment', () => {
  const request = (atSeconds: number, seconds: number): ServedRequest => ({
    atSeconds,
    seconds,
    group: 'g',
    model: 'm',
    images: '1',
    steps: '30',
    type: 't',
    loras: '0',
    hasSucceeded: true,
  });

  it('measures errors as they are usually measured', () => {
    expect(quality([10, 20, 40], [10, 25, 20])).toEqual({
      maeSeconds: 25 / 3,
      mdape: 0.2,
      within25: 2 / 3,
      r2: 1 - (25 + 400) / ((10 - 55 / 3) ** 2 + (25 - 55 / 3) ** 2 + (20 - 55 / 3) ** 2),
    });
  });

  it('learns from nothing that has not ended when a request comes', () => {
    // All come within a second and run for a minute: nothing has ended when the last ones are predicted.
    const atOnce = Array.from({ length: 100 }, (_, at) => request(at / 100, 60));
    expect(evaluate(atOnce).maeSeconds).toBe(60);
    const apart = Array.from({ length: 100 }, (_, at) => request(at * 100, 60));
    expect(evaluate(apart).maeSeconds).toBeCloseTo(0, 6);
  });

  it('counts what one processor predicts in a second, of what it has learned', () => {
    const apart = Array.from({ length: 250 }, (_, at) => request(at * 100, 60));
    let nowMs = 0;
    const clock = { monotonicMs: () => (nowMs += 500) };
    expect(servingSpeed(apart, clock)).toEqual({ predictionsPerSecond: 100_000, known: 1 });
  });

  it.skipIf(!existsSync(trace))(
    'on public requests errs at least 15 % less than a chain of medians, and 95 % run no longer than its bound',
    {
      timeout: 120_000,
    },
    () => {
      const { n, maeSeconds, r2, withinP95, baseline } = evaluate(readRequests(trace));
      expect(n).toBeGreaterThan(3000);
      expect(maeSeconds).toBeLessThan(0.85 * baseline.maeSeconds);
      expect(r2).toBeGreaterThan(baseline.r2);
      expect(Math.abs(withinP95 - 0.95)).toBeLessThan(0.015);
    },
  );
});
