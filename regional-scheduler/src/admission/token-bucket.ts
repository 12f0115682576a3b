/**
 * Token buckets, pure: a bucket holds `burst` at the most and gets `perSecond`. Of several buckets at once as many
 * tokens are taken as the poorest has, so that a batch is admitted as far as it may be. The Lua script of
 * redis-rates.ts says the same in Redis; both are tested by one suite.
 */
export interface BucketRule {
  name: string;
  burst: number;
  perSecond: number;
}

export interface Bucket {
  tokens: number;
  atMs: number;
}

export interface Taken {
  granted: number;
  /** Which rule gave less than was asked for; null: all was granted. */
  short: string | null;
  /** When one more would be granted. */
  waitMs: number;
}

/** What adding up by milliseconds may lose of a token. */
const rounding = 1e-6;

export const fillOf = (bucket: Bucket | undefined, rule: BucketRule, nowMs: number): number => {
  if (!bucket) return rule.burst;
  const elapsedMs = Math.max(0, nowMs - bucket.atMs);
  return Math.min(rule.burst, bucket.tokens + (elapsedMs * rule.perSecond) / 1_000);
};

export function take(
  buckets: readonly (Bucket | undefined)[],
  rules: readonly BucketRule[],
  count: number,
  nowMs: number,
): Taken & { after: Bucket[] } {
  const fills = rules.map((rule, index) => fillOf(buckets[index], rule, nowMs));
  const granted = Math.max(0, Math.min(count, ...fills.map((fill) => Math.floor(fill + rounding))));
  const poorest = fills.indexOf(Math.min(...fills));
  const rule = rules[poorest];
  const isShort = granted < count && rule !== undefined;
  const missing = 1 - ((fills[poorest] ?? 0) - granted);
  return {
    granted,
    short: isShort ? rule.name : null,
    waitMs: isShort ? Math.max(1, Math.ceil((missing / rule.perSecond) * 1_000)) : 0,
    after: fills.map((fill) => ({ tokens: fill - granted, atMs: nowMs })),
  };
}
