/** Who a request is from, by the one credential that counts where it was sent (origins.ts). */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type Ask, isSecure } from '../ask.ts';
import { assertRegion } from '../asked-region.ts';
import { noteAudit } from '../audit/note-audit.ts';
import { verdictOf } from '../directory/revoked.ts';
import { askerOf, credentialsOf, deedOf, mayUse } from '../origins.ts';
import { readCookie } from './cookies.ts';
import { refused } from './credentials.ts';
import type { CredentialKind, Identity } from './identity.ts';

export async function authenticate(ask: Ask): Promise<Identity> {
  const { edge, request, url, place } = ask;
  for (const kind of credentialsOf(place.host, place.area)) {
    const credential = credentialIn(ask, kind);
    if (credential === null) continue;
    if (!mayUse(kind, place.area, askerOf(request, url), deedOf(request))) throw crossOrigin(ask);
    const identity = await edge.credentials.verify(kind, credential);
    if (place.host === 'workspace' && identity.ws !== place.workspaceId) throw refused(kind);
    const current = await identityNow(ask, identity);
    await assertRegion(ask, current).catch((thrown: unknown) => {
      noteAudit(ask, { who: current });
      throw thrown;
    });
    if (kind === 'token') edge.keyUse.note(identity.jti, ask.defer);
    return current;
  }
  throw nobody(ask);
}

/** As he is now who was that once. Throws where his credential has ended, or he has no place here any more. */
export async function identityNow(ask: Ask, identity: Identity): Promise<Identity> {
  const hasEnded = identity.exp * 1_000 <= ask.edge.clock.nowMs() || (await isRevoked(ask, identity));
  const current = hasEnded ? null : await ask.edge.standings.current(identity, ask.defer);
  if (!current) throw refused(identity.via);
  return current;
}

/** By what this isolate holds; by the directory's word where that cannot know. */
async function isRevoked({ edge, defer }: Ask, identity: Identity): Promise<boolean> {
  const verdict = verdictOf(await edge.revoked.get(defer), identity);
  return verdict === 'unknown' ? edge.askRevoked(identity) : verdict === 'revoked';
}

/** As `authenticate`, but null for a request that carries nothing valid. */
export async function authenticateIfAny(ask: Ask): Promise<Identity | null> {
  try {
    return await authenticate(ask);
  } catch (thrown) {
    if (thrown instanceof CellbookError && thrown.status === 401) return null;
    throw thrown;
  }
}

export function credentialIn({ request, url, ...ask }: Ask, kind: CredentialKind): string | null {
  if (kind !== 'token')
    return readCookie(request.headers.get('cookie'), kind, isSecure({ request, url, ...ask }));
  const header = /^(?:token|bearer) +(\S+) *$/i.exec(request.headers.get('authorization') ?? '');
  return header?.[1] ?? (url.searchParams.get('token') || null);
}

function crossOrigin({ request, url }: Ask): CellbookError {
  return new CellbookError('cross_origin', {
    doing: `${request.method} ${url.pathname}`,
    problem: 'a cookie does not count for a request that another origin, or nobody known, has made',
    next: 'Use the page itself; a program sends a token instead ("Authorization: token …").',
  });
}

function nobody({ request, url, place }: Ask): CellbookError {
  const next = {
    main: place.area === 'pages' ? 'Sign in.' : 'Sign in, or send a token: "Authorization: token …".',
    workspace: 'Open the workspace from the console.',
    other: 'Send a token ("Authorization: token …") or use the public address.',
  }[place.host];
  return new CellbookError('unauthenticated', {
    doing: `${request.method} ${url.pathname}`,
    problem: 'nobody is signed in here',
    next,
  });
}
