/**
 * What every edge holds of the revocations: ids, each with when what it ends would have ended by itself.
 *
 *   a session's or key's id   it is ended
 *   a user's id               every session of his (no key) that would end by then is ended: what stands for many
 *                             ended sessions of one person (ended-sessions.ts)
 *   `cutAt`                   there are more than are held, and those that end by then may be missing: whoever shows
 *                             a credential that ends by then is asked after in the directory, and never let through
 *                             unasked. So whatever floods the revocations costs reads, and pushes out nothing.
 */
import type { Identity } from '../identity/identity.ts';

export type Revoked = Map<string, number>;
export type Verdict = 'live' | 'revoked' | 'unknown';

export const cutAt = '*';

export type Revocable = Pick<Identity, 'jti' | 'sub' | 'via' | 'exp'>;

export function verdictOf(revoked: Revoked, { jti, sub, via, exp }: Revocable): Verdict {
  const endsMs = exp * 1_000;
  const endsBy = (id: string): boolean => endsMs <= (revoked.get(id) ?? Number.NEGATIVE_INFINITY);
  if (revoked.has(jti) || (via !== 'token' && endsBy(sub))) return 'revoked';
  return endsBy(cutAt) ? 'unknown' : 'live';
}

/** As many as are held, and the mark where there are more. `found` is one more than that, longest to live first. */
export function heldOf(found: readonly (readonly [string, number])[], max: number): Revoked {
  const [first] = found.slice(max);
  return new Map([...found.slice(0, max), ...(first ? [[cutAt, first[1]] as const] : [])]);
}
