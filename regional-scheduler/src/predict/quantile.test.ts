import { seededRandom } from '@cellbook/shared/random.ts';
import { describe, expect, it } from 'vitest';
import { calibrate, newCalibration } from './calibration.ts';
import { type Observed, quantileOf } from './quantile.ts';

const sorted = (values: Observed[]) =>
  values.sort((a, b) => a.value - b.value || Number(a.isCut) - Number(b.isCut));
const ended = (...values: number[]) => values.map((value) => ({ value, isCut: false }));

describe('quantiles of what ended and what was cut short', () => {
  it('are the usual ones where nothing was cut', () => {
    expect(quantileOf(ended(1, 2, 3), 0.5)).toBe(2);
    expect(quantileOf(ended(1, 2, 3, 4), 0.5)).toBe(2.5);
    expect(quantileOf(ended(1, 2, 3, 4, 5), 0.9)).toBeCloseTo(4.6, 9);
    expect(quantileOf(ended(7), 0.95)).toBe(7);
  });

  it('are right although half are cut at random; forgetting those would be far off', () => {
    const random = seededRandom(3);
    const values = Array.from({ length: 20_000 }, () => {
      const [truth, cut] = [random.float(), 1.2 * random.float()];
      return { value: Math.min(truth, cut), isCut: cut < truth };
    });
    expect(quantileOf(sorted(values), 0.5)).toBeCloseTo(0.5, 1);
    expect(quantileOf(sorted(values.filter((one) => !one.isCut)), 0.5)).toBeLessThan(0.4);
  });

  it('are something even where all were cut', () => {
    expect(
      quantileOf(
        [
          { value: 3, isCut: true },
          { value: 5, isCut: true },
        ],
        0.5,
      ),
    ).toBe(5);
  });
});

describe('the calibration of a bound', () => {
  it('covers 95 % whatever it starts from and however the world moves', () => {
    const random = seededRandom(4);
    for (const start of [-1, 0, 1]) {
      const calibration = { ...newCalibration(), widen: start };
      let covered = 0;
      for (let at = 0; at < 8000; at++) {
        // The bound underneath is that of yesterday's world; today's is a drift away.
        const error = random.float() * 2 + Math.sin(at / 1500);
        const isPassed = error > 1.5 + calibration.widen;
        if (at >= 2000 && !isPassed) covered++;
        calibrate(calibration, isPassed);
      }
      expect(covered / 6000).toBeGreaterThan(0.935);
      expect(covered / 6000).toBeLessThan(0.965);
    }
  });
});
