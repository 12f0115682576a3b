/**
 * Whether what was opened with a right may stay open, by what is known of the right now. Pure: the book
 * (standing-book.ts) says what has been told, this decides.
 *
 *   over        the credential's own time has come
 *   revoked     the key was revoked, the session ended
 *   outdated    the user, his organisation or key has changed, or what the organisation has set, since the edge said
 *               what he may: he comes back with what holds now, or is refused
 *   unconfirmed neither the edge nor anybody else has told anything for a day: he is asked after anew
 */

import type { Principal } from '@cellbook/shared/protocol/principal.ts';
import { type Fact, memberSubject } from '@cellbook/shared/protocol/standing-api.ts';

export type Ended = 'over' | 'revoked' | 'outdated' | 'unconfirmed';

/** What a socket keeps of the principal it was opened with. */
export type Grant = Pick<Principal, 'cred' | 'sub' | 'org' | 'via' | 'asOf' | 'policyAsOf' | 'ends'>;

/** What was told last of a subject; undefined: nothing. */
export type LastTold = (kind: Fact['kind'], subject: string) => number | undefined;

export function endedBy(told: LastTold, grant: Grant, nowMs: number): Exclude<Ended, 'unconfirmed'> | null {
  const endsMs = (grant.ends ?? Number.POSITIVE_INFINITY) * 1_000;
  if (endsMs <= nowMs) return 'over';
  if (isRevoked(told, grant, endsMs)) return 'revoked';
  return isOutdated(told, grant) ? 'outdated' : null;
}

function isRevoked(told: LastTold, { cred, sub, via }: Grant, endsMs: number): boolean {
  if (told('revoked', cred) !== undefined) return true;
  return via !== 'token' && endsMs <= (told('revoked', sub) ?? Number.NEGATIVE_INFINITY);
}

export function isOutdated(told: LastTold, grant: Grant): boolean {
  const { org, asOf = 0, policyAsOf = 0 } = grant;
  const isNews = (subject: string) => (told('changed', subject) ?? 0) > asOf;
  return subjectsOf(grant).some(isNews) || (told('policy', org) ?? 0) > policyAsOf;
}

/** The subjects whose facts decide about a grant. */
export const subjectsOf = ({ cred, sub, org }: Grant): string[] => [
  ...new Set([cred, sub, org, memberSubject(sub, org)]),
];

export const grantOf = ({ cred, sub, org, via, asOf, policyAsOf, ends }: Principal): Grant => ({
  ...{ cred, sub, org, via },
  ...(asOf !== undefined && { asOf }),
  ...(policyAsOf !== undefined && { policyAsOf }),
  ...(ends !== undefined && { ends }),
});
