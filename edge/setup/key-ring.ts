/**
 * How a signing key is replaced so that nothing it signed is refused meanwhile. Every key is in one of three stages:
 *
 *   next ──────────────▶ signing ──────────────▶ old ──────────────▶ gone
 *        known everywhere        another promoted     what it signed has ended
 *        for `settleMs`                               (`lifeMs` later)
 *
 * All three verify; one signs. `rotate` makes a next key, or promotes the one there is; `retire` takes away the old
 * ones whose time has come. Each use of keys has its own ring and times:
 *
 * | use         | signs                        | known everywhere after              | what it signs lives            |
 * | credentials | cookies, API keys            | the edge's deploy                   | as long as the longest API key |
 * | principal   | who a forwarded request is   | cells read unknown keys again       | a minute, and clocks' skew     |
 * | pins        | which cell a user lives in   | cells read unknown keys again       | until pins are published anew  |
 */
import { limits } from '@cellbook/shared/limits.ts';
import type { JWK } from 'jose';
import { z } from 'zod';

export const keyUses = ['credentials', 'principal', 'pins'] as const;
export type KeyUse = (typeof keyUses)[number];

/** As it was written: parsing member by member would write it in another order. */
const jwkSchema = z.custom<JWK & { kid: string }>(
  (value) => typeof value === 'object' && value !== null && 'kty' in value && 'kid' in value,
);
const ringKeySchema = z.object({
  jwk: jwkSchema,
  stage: z.enum(['next', 'signing', 'old']),
  /** When it came into this stage. */
  sinceMs: z.int(),
});
export const ringSchema = z.array(ringKeySchema).min(1).max(limits.edge.keysPerRingMax);
export type RingKey = Omit<z.infer<typeof ringKeySchema>, 'jwk'> & { jwk: JWK };
export type Ring = readonly RingKey[];

const minuteMs = 60_000;
export const timesOf: Record<KeyUse, { settleMs: number; lifeMs: number }> = {
  credentials: { settleMs: minuteMs, lifeMs: limits.edge.tokenTtlMsMax },
  principal: {
    settleMs: limits.api.keysReloadMs,
    lifeMs: limits.edge.principalTtlMs + limits.api.principalSkewSeconds * 1_000,
  },
  pins: { settleMs: limits.api.keysReloadMs, lifeMs: minuteMs },
};

export type Rotated =
  | { did: 'added' | 'promoted'; ring: Ring }
  | { did: 'waits'; untilMs: number }
  | { did: 'full' };

export function rotate(use: KeyUse, ring: Ring, nowMs: number, fresh: JWK): Rotated {
  const next = ring.find(({ stage }) => stage === 'next');
  if (!next) {
    if (ring.length >= limits.edge.keysPerRingMax) return { did: 'full' };
    return { did: 'added', ring: [...ring, { jwk: fresh, stage: 'next', sinceMs: nowMs }] };
  }
  const untilMs = next.sinceMs + timesOf[use].settleMs;
  if (nowMs < untilMs) return { did: 'waits', untilMs };
  const promoted = ring.map((key): RingKey => {
    if (key.stage === 'old') return key;
    return { ...key, stage: key === next ? 'signing' : 'old', sinceMs: nowMs };
  });
  return { did: 'promoted', ring: ordered(promoted) };
}

/** When an old key signs for nothing any more; null for one that is not old. */
export function retiresAtMs(use: KeyUse, { stage, sinceMs }: RingKey): number | null {
  return stage === 'old' ? sinceMs + timesOf[use].lifeMs : null;
}

/** `early`: those named go at once, because they are known to others; what they signed is refused from then on. */
export function retire(use: KeyUse, ring: Ring, nowMs: number, early: readonly string[] = []): Ring {
  return ring.filter((key) => {
    const atMs = retiresAtMs(use, key);
    const isNamed = key.stage !== 'signing' && early.includes(key.jwk.kid ?? '');
    return !isNamed && (atMs === null || nowMs < atMs);
  });
}

/** The one that signs first, as the edge's variables want it. */
const ordered = (ring: Ring): Ring =>
  [...ring].sort((one, other) => rank(one) - rank(other) || other.sinceMs - one.sinceMs);
const rank = ({ stage }: RingKey): number => ({ signing: 0, next: 1, old: 2 })[stage];

export function signingOf(ring: Ring): JWK {
  const signing = ring.find(({ stage }) => stage === 'signing');
  if (!signing) throw new Error('a ring of keys has none that signs');
  return signing.jwk;
}
