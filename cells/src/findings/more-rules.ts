/**
 * Two kinds that notebooks hold often and the preset does not know: Google's API keys (39 characters, which
 * Google documents so) and Stripe's live keys.
 */
export interface Match {
  rule: string;
  start: number;
  end: number;
}

const rules: readonly [rule: string, pattern: RegExp][] = [
  ['google/GOOGLE_API_KEY', /(?<![\w-])AIza[\w-]{35}(?![\w-])/g],
  ['stripe/STRIPE_LIVE_KEY', /(?<!\w)[rs]k_live_[A-Za-z0-9]{20,250}(?!\w)/g],
];

export const matchesOfMore = (text: string): Match[] =>
  rules.flatMap(([rule, pattern]) =>
    [...text.matchAll(pattern)].map(({ index, 0: found }) => ({
      rule,
      start: index,
      end: index + found.length,
    })),
  );
