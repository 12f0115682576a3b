/**
 * Who a request is from: the principal that the edge signed (shared/src/protocol/principal.ts) for this scheduler. The
 * same one is checked once.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { type Principal, principalIssuer, principalSchema } from '@cellbook/shared/protocol/principal.ts';
import { errors, type JWTVerifyGetKey, jwtVerify } from 'jose';

export interface PrincipalVerifier {
  /** Throws `unauthenticated`, `token_expired` or `misdirected`. */
  verify(token: string | undefined): Promise<Principal>;
}

export function createPrincipalVerifier(deps: {
  keys: JWTVerifyGetKey;
  schedulerId: string;
  clock: Clock;
}): PrincipalVerifier {
  const { keys, schedulerId, clock } = deps;
  /** In order of insertion: the first is the oldest. */
  const verified = new Map<string, Principal>();

  async function check(token: string): Promise<Principal> {
    const { payload } = await jwtVerify(token, keys, {
      issuer: principalIssuer,
      algorithms: ['EdDSA'],
      clockTolerance: limits.api.principalSkewSeconds,
      currentDate: new Date(clock.nowMs()),
    }).catch((cause: unknown) => {
      const isOld = cause instanceof errors.JWTExpired;
      throw refused(
        isOld ? 'token_expired' : 'unauthenticated',
        isOld ? 'has expired' : 'is not valid',
        cause,
      );
    });
    const principal = principalSchema.safeParse(payload);
    if (!principal.success) throw refused('unauthenticated', 'is not valid', principal.error);
    if (principal.data.aud !== schedulerId) throw refused('misdirected', 'was meant for another');
    return principal.data;
  }

  return {
    async verify(token) {
      if (token === undefined || token === '') throw refused('unauthenticated', 'is missing');
      const known = verified.get(token);
      if (known && clock.nowMs() < known.exp * 1_000) return known;
      verified.delete(token);
      const principal = await check(token);
      verified.set(token, principal);
      const oldest = verified.keys().next();
      if (verified.size > limits.api.principalCacheMax && !oldest.done) verified.delete(oldest.value);
      return principal;
    },
  };
}

const refused = (
  code: 'unauthenticated' | 'token_expired' | 'misdirected',
  what: string,
  cause?: unknown,
): CellbookError =>
  new CellbookError(code, {
    doing: 'checking who the request is from',
    problem: `its principal ${what}`,
    next: 'Send requests through the edge; it signs who you are.',
    cause,
  });
