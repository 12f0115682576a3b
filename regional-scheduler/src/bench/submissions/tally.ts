/** What became of what was offered, a stage at a time. Pure. */
import { type Tier, tierSchema } from '@cellbook/shared/protocol/principal.ts';

export type Outcome = 'admitted' | 'overload' | 'rate' | 'refused' | 'unanswered';

export interface Percentiles {
  p50: number;
  p95: number;
  p99: number;
  n: number;
}

export type ByTier = Record<Tier, Record<Outcome, number>>;

export class Tally {
  readonly ackMs: number[] = [];
  readonly byTier: ByTier = {
    free: none(),
    paid: none(),
    enterprise: none(),
  };

  count(tier: Tier, outcome: Outcome, tookMs: number): void {
    this.byTier[tier][outcome]++;
    if (outcome === 'admitted') this.ackMs.push(tookMs);
  }

  of(outcome: Outcome): number {
    return tierSchema.options.reduce((sum, tier) => sum + this.byTier[tier][outcome], 0);
  }

  get offered(): number {
    return tierSchema.options
      .flatMap((tier) => Object.values(this.byTier[tier]))
      .reduce((sum, count) => sum + count, 0);
  }
}

const none = (): Record<Outcome, number> => ({
  ...{ admitted: 0, overload: 0, rate: 0, refused: 0, unanswered: 0 },
});

/** Nearest rank; NaN would be no JSON, so that of nothing it is 0 of n 0. */
export function percentilesOf(values: readonly number[]): Percentiles {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => Number((sorted[Math.ceil(share * sorted.length) - 1] ?? 0).toFixed(1));
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), n: sorted.length };
}

export function outcomeOf(status: number, body: string): Outcome {
  if (status === 202) return 'admitted';
  if (status === 429) return body.includes('"rate_limited"') ? 'rate' : 'refused';
  if (status === 503) return 'overload';
  return status >= 500 ? 'unanswered' : 'refused';
}
