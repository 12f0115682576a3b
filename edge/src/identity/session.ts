/**
 * A person's session: a signed cookie that says who he is and in which organisation he acts, and a row by which
 * he sees where he is signed in. Acting in another organisation is a new cookie of the same session.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { OrgId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { type Ask, isSecure } from '../ask.ts';
import { noteAudit } from '../audit/note-audit.ts';
import { clientAddressOf } from '../client-address.ts';
import { browserName } from './browser-name.ts';
import { setCookie } from './cookies.ts';
import type { Identity, Person } from './identity.ts';

/** The cookie of a session that begins now. `provider`: how he signed in. */
export async function startSession(ask: Ask, person: Person, provider: string): Promise<string> {
  const { clock, random, people } = ask.edge;
  const nowMs = clock.nowMs();
  const iat = Math.floor(nowMs / 1_000);
  const exp = iat + limits.edge.sessionTtlMs / 1_000;
  const jti = random.uuid();
  await people.startSession({
    id: jti,
    userId: person.sub,
    org: person.org,
    provider,
    browser: browserName(ask.request.headers.get('user-agent')),
    address: clientAddressOf(ask) || 'unknown',
    createdAtMs: nowMs,
    lastSeenAtMs: nowMs,
    expiresAtMs: exp * 1_000,
  });
  noteAudit(ask, { who: { ...person, jti }, which: { kind: 'user', id: person.sub }, details: { provider } });
  return cookieOf(ask, person, { jti, iat, exp });
}

/** The cookie with which this session acts in `org` from now on. */
export async function switchOrg(ask: Ask, session: Identity, org: OrgId): Promise<string> {
  const { clock, people } = ask.edge;
  const person = await people.actIn(session.sub, org);
  if (!person)
    throw new CellbookError('not_found', {
      doing: `acting in organisation ${org}`,
      problem: 'there is no such organisation among yours',
      next: 'GET /v1/orgs lists yours.',
      ids: { org },
    });
  const iat = Math.floor(clock.nowMs() / 1_000);
  return cookieOf(ask, person, { jti: session.jti, iat, exp: session.exp });
}

/** Ends the caller's own; how he had signed in, where that is known. */
export async function endSession(ask: Ask, session: Identity): Promise<string | null> {
  const { clock, people, directory, revoked } = ask.edge;
  noteAudit(ask, { who: session, which: { kind: 'user', id: session.sub } });
  const ended = await people.endSession(session.sub, session.jti, clock.nowMs());
  // One without a row: it began before there were such rows.
  if (ended === null) await directory.revokeSession(session.jti, session.exp * 1_000);
  revoked.adjust((ids) => ids.set(session.jti, session.exp * 1_000));
  return ended?.provider ?? null;
}

export const noSessionCookie = (ask: Ask): string => setCookie('session', '', 0, isSecure(ask));

async function cookieOf(
  ask: Ask,
  person: Person,
  { jti, iat, exp }: { jti: string; iat: number; exp: number },
): Promise<string> {
  const minted = await ask.edge.credentials.mint('session', { ...person, scopes: null, jti, iat, exp });
  return setCookie('session', minted, exp - Math.floor(ask.edge.clock.nowMs() / 1_000), isSecure(ask));
}
