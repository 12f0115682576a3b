/**
 * Who a request is from: the principal that the edge signed (shared/src/protocol/principal.ts). One for
 * another cell is answered 421, which tells the edge that its pins are old; the same one is checked once.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { CellId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { type Principal, principalIssuer, principalSchema } from '@cellbook/shared/protocol/principal.ts';
import { errors, type JWTVerifyGetKey, jwtVerify } from 'jose';

export interface PrincipalVerifier {
  /** Throws `unauthenticated`, `token_expired` or `misdirected`. */
  verify(token: string | undefined): Promise<Principal>;
}

export function createPrincipalVerifier(deps: {
  keys: JWTVerifyGetKey;
  cellId: CellId;
  clock: Clock;
}): PrincipalVerifier {
  const { keys, cellId, clock } = deps;
  /** In order of insertion: the first is the oldest. */
  const verified = new Map<string, Principal>();

  async function check(token: string): Promise<Principal> {
    const { payload } = await jwtVerify(token, keys, {
      issuer: principalIssuer,
      algorithms: ['EdDSA'],
      clockTolerance: limits.api.principalSkewSeconds,
      currentDate: new Date(clock.nowMs()),
    }).catch((cause: unknown) => {
      throw cause instanceof errors.JWTExpired ? expired(cause) : invalid(cause);
    });
    const principal = principalSchema.safeParse(payload);
    if (!principal.success) throw invalid(principal.error);
    if (principal.data.aud !== cellId) throw misdirected(cellId, principal.data);
    return principal.data;
  }

  return {
    async verify(token) {
      if (token === undefined || token === '') throw missing();
      const known = verified.get(token);
      if (known && clock.nowMs() < known.exp * 1000) return known;
      verified.delete(token);
      const principal = await check(token);
      verified.set(token, principal);
      const oldest = verified.keys().next();
      if (verified.size > limits.api.principalCacheMax && !oldest.done) verified.delete(oldest.value);
      return principal;
    },
  };
}

const doing = 'checking who the request is from';
const next = 'Send requests through the edge; it signs who you are.';

const missing = (): CellbookError =>
  new CellbookError('unauthenticated', { doing, problem: 'it carries no principal', next });

const invalid = (cause: unknown): CellbookError =>
  new CellbookError('unauthenticated', { doing, problem: 'its principal is not valid', next, cause });

const expired = (cause: unknown): CellbookError =>
  new CellbookError('token_expired', { doing, problem: 'its principal has expired', next, cause });

const misdirected = (cell: CellId, principal: Principal): CellbookError =>
  new CellbookError('misdirected', {
    doing,
    problem: 'it was meant for another cell',
    next: 'Read the pins again and send it to the cell they name.',
    ids: { cell, meantFor: principal.aud, pinEpoch: principal.pin },
  });
