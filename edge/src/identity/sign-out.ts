/**
 * Signing out: the session is revoked and its cookie gone. Where its provider has a place to sign out at, a page
 * leads there, or the next click on "Sign in" would come straight back. A page and no redirect: browsers hold a
 * form's redirects against the console's policy, which names no provider.
 */
import type { Ask } from '../ask.ts';
import { pageResponse } from '../pages/html.ts';
import { signedOutPage as signedOutHtml } from '../pages/signed-out-page.ts';
import { seeOther } from '../responses/see-other.ts';
import { authenticateIfAny } from './authenticate.ts';
import { refuseOtherOrigins } from './other-origins.ts';
import { endSession, noSessionCookie } from './session.ts';
import { providersOf } from './sign-in-ways.ts';

export async function signOut(ask: Ask): Promise<Response> {
  refuseOtherOrigins(ask);
  const identity = await authenticateIfAny(ask);
  const provider = identity ? await endSession(ask, identity) : null;
  const known = providersOf(ask).some(({ config }) => config.id === provider);
  return seeOther(known ? `/signed-out?provider=${provider}` : '/signin', noSessionCookie(ask));
}

export async function signedOutPage(ask: Ask): Promise<Response> {
  const id = ask.url.searchParams.get('provider');
  const provider = providersOf(ask).find(({ config }) => config.id === id);
  const at = await provider?.endSessionUrl(new URL('/signin', ask.edge.config.CELLBOOK_PUBLIC_URL).href);
  if (!provider || !at) return seeOther('/signin');
  return pageResponse(signedOutHtml(provider.config.name, at.href));
}
