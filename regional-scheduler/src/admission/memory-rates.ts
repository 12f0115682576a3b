import type { Clock } from '@cellbook/shared/clock.ts';
import type { Rates } from './rates.ts';
import { type Bucket, take } from './token-bucket.ts';

/** For tests, and for a region of one process that nothing else is configured for. */
export function memoryRates(clock: Clock): Rates {
  const buckets = new Map<string, Bucket>();
  return {
    async take(rules, count) {
      const { after, ...taken } = take(
        rules.map(({ name }) => buckets.get(name)),
        rules,
        count,
        clock.nowMs(),
      );
      for (const [index, { name }] of rules.entries()) {
        const left = after[index];
        if (left) buckets.set(name, left);
      }
      return taken;
    },
  };
}
