/** Who may hand in how much: buckets of the tier, the organisation and the user, taken from at once. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { toCellbookError } from '@cellbook/shared/errors.ts';
import type { OrgId, UserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { BucketRule, Taken } from './token-bucket.ts';

export interface Rates {
  take(rules: readonly BucketRule[], count: number): Promise<Taken>;
}

export function rulesOf(tier: Tier, orgId: OrgId, userId: UserId): BucketRule[] {
  const { rate, tierRate } = limits.jobs;
  return [
    { name: `tier/${tier}`, ...tierRate[tier] },
    { name: `organisation/${orgId}`, ...rate[tier].organisation },
    { name: `user/${orgId}/${userId}`, ...rate[tier].user },
  ];
}

/**
 * Redis while it answers, else Postgres. One that failed is left alone for a while, so that not every submission
 * waits for its deadline. Buckets do not follow from one to the other: at a change a holder has his burst once more.
 */
export function degradingRates(deps: {
  first: Rates;
  fallback: Rates;
  clock: Clock;
  log: Logger;
  degraded(): void;
}): Rates {
  const { first, fallback, clock, log } = deps;
  let restsUntilMs = 0;
  return {
    async take(rules, count) {
      if (clock.monotonicMs() >= restsUntilMs) {
        try {
          return await first.take(rules, count);
        } catch (thrown) {
          restsUntilMs = clock.monotonicMs() + limits.jobs.rateRedisRestMs;
          deps.degraded();
          log.warn({ err: toCellbookError(thrown, 'counting submissions in Redis') }, 'Postgres counts them');
        }
      }
      return fallback.take(rules, count);
    },
  };
}
