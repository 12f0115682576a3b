import { describe, expect, it, vi } from 'vitest';
import { diagnose } from '../../predict/diagnose.ts';
import { seedTrouble, troubles } from './seeded.ts';

// Seconds of computing on an idle machine, ten times that on a busy one.
vi.setConfig({ testTimeout: 150_000 });

describe('a model that does well offline and badly online', () => {
  it.each(troubles.filter((trouble) => trouble !== 'none'))(
    'has the trouble that was put in found, and no other: %s',
    (trouble) => {
      for (const seed of [1, 2]) {
        const { trained, online } = seedTrouble(trouble, seed);
        const { causes, onlineError, offlineError, skewed, labelDelaySeconds } = diagnose(trained, online);
        expect(causes).toEqual([trouble]);
        expect(onlineError).toBeGreaterThan(1.5 * offlineError);
        expect(skewed.map((one) => one.name)).toEqual(trouble === 'skew' ? ['steps'] : []);
        expect(labelDelaySeconds > 60).toBe(trouble === 'delay');
      }
    },
  );

  it('is left alone where nothing is the matter', () => {
    for (const seed of [1, 2]) {
      const { trained, online } = seedTrouble('none', seed);
      expect(diagnose(trained, online).causes).toEqual([]);
    }
  });
});
