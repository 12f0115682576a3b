/** The one place at the edge that says whether a caller may use a route; every refusal is told to `edge.refused`. */
import { decide, type Relation } from '@cellbook/shared/access/access.ts';
import type { Permission } from '@cellbook/shared/access/permissions.ts';
import { type Because, refusalOf } from '@cellbook/shared/access/refusal.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { Ask } from './ask.ts';
import type { About, GuardedRoute } from './edge-route.ts';
import { authenticate } from './identity/authenticate.ts';
import { refused } from './identity/credentials.ts';
import type { Identity } from './identity/identity.ts';

/** Who was refused what, for the record of who did what. */
export interface Refusal {
  ask: Ask;
  identity: Identity;
  /** `path`: as its row names it; or the header that was refused. */
  route: { method: string; path: string; permission: Permission };
  because: Because | 'key';
  error: CellbookError;
}

/** Throws the refusal. */
export async function authorise(
  ask: Ask,
  route: GuardedRoute,
  params: Record<string, string>,
): Promise<Identity> {
  const known = await authenticate(ask);
  if (route.method !== 'GET') await assertLive(ask, known);
  const identity = outlasts(route) ? await asOfNow(ask, known) : known;
  const relation = relationOf(identity, route.about, params.orgId);
  const decision = decide(identity, route.permission, relation);
  if (!decision.allowed) {
    const { because } = decision;
    const error = refusalOf({ caller: identity, permission: route.permission, because });
    ask.edge.refused?.({ ask, identity, route, because, error });
    throw error;
  }
  if (!mayByKey(route, identity)) {
    const error = notByKey(route);
    ask.edge.refused?.({ ask, identity, route, because: 'key', error });
    throw error;
  }
  return identity;
}

/**
 * What is written with a credential may outlive it by a year: a key made, in the minute in which an isolate has not
 * heard of it, by a session that was ended because it was stolen. So the directory is asked, which is written to anyway.
 */
async function assertLive({ edge }: Ask, identity: Identity): Promise<void> {
  if (await edge.directory.isRevoked(identity)) throw refused(identity.via);
}

/**
 * A change of an organisation (an invitation, a role, a service account) outlasts the minute in which who is none of
 * its admins any more still counts as one elsewhere. It is written to the directory, which can as well be asked.
 */
const outlasts = ({ about, method }: GuardedRoute): boolean => about === 'organisation' && method !== 'GET';

async function asOfNow({ edge }: Ask, known: Identity): Promise<Identity> {
  const identity = await edge.standings.now(known);
  if (identity) return identity;
  throw refused(known.via);
}

function relationOf(identity: Identity, about: About, orgId: string | undefined): Relation {
  if (about === 'caller') return 'own';
  if (about === 'platform') return 'foreign';
  return orgId === undefined || orgId === identity.org ? 'org' : 'foreign';
}

function mayByKey({ byKey }: GuardedRoute, { via, scopes }: Identity): boolean {
  if (via !== 'token' || byKey === undefined) return true;
  return byKey === 'scoped' && scopes !== null;
}

const notByKey = ({ byKey, permission }: GuardedRoute): CellbookError =>
  new CellbookError('forbidden', {
    doing: 'checking what this key may do',
    problem: 'this is not done with a key that was made without a restriction',
    next:
      byKey === 'never'
        ? 'Do it signed in, in the console.'
        : 'Do it signed in, or with a key that carries the scope for it by name.',
    ids: { permission },
  });
