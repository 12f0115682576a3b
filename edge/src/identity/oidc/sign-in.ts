/**
 * Signing in at a provider (authorisation code with PKCE):
 *
 *   GET /signin/{provider}            begins an attempt, sends the browser to the provider
 *   GET /signin/{provider}/callback   the provider's answer: takes the attempt, asks the provider whom it vouches
 *                                     for, and begins a session
 *
 * Each provider has an address of its own to come back to, so that one provider's answer is never taken for
 * another's. Whatever fails ends on a page that says so, with a way to begin anew; nothing goes round by itself.
 */
import type { Ask } from '../../ask.ts';
import { noteAudit } from '../../audit/note-audit.ts';
import { localPath } from '../../local-path.ts';
import { seeOther } from '../../responses/see-other.ts';
import { authenticateIfAny } from '../authenticate.ts';
import { startSession } from '../session.ts';
import { regionOfNew } from '../sign-in.ts';
import { providerOf } from '../sign-in-ways.ts';
import { beginTransaction, takeTransaction } from './transaction.ts';

export async function beginSignIn(ask: Ask, providerId: string): Promise<Response> {
  const { url } = ask;
  const provider = providerOf(ask, providerId);
  const next = localPath(url.searchParams.get('next') ?? '/', url) ?? '/';
  if (await authenticateIfAny(ask)) return seeOther(next);
  const wish = { provider: providerId, next, region: url.searchParams.get('region') };
  const { secrets, cookie } = await beginTransaction(ask, wish);
  const location = await provider.authorizationUrl(secrets, callbackUrl(ask, providerId).href);
  return seeOther(location.href, cookie);
}

export async function finishSignIn(ask: Ask, providerId: string): Promise<Response> {
  const { edge, url } = ask;
  const provider = providerOf(ask, providerId);
  const { secrets, next, region } = await takeTransaction(ask, providerId);
  const callback = callbackUrl(ask, providerId);
  callback.search = url.search;
  const login = await provider.login(callback, secrets);
  const person = await edge.people.signIn(login, regionOfNew(ask, region), ({ sessions, keys }) =>
    noteAudit(ask, { details: { takenOver: true, sessionsEnded: sessions, keysRevoked: keys } }),
  );
  return seeOther(next, await startSession(ask, person, providerId));
}

/** Fixed by the configuration, whatever name the request came under. */
function callbackUrl({ edge }: Ask, providerId: string): URL {
  return new URL(`/signin/${providerId}/callback`, edge.config.CELLBOOK_PUBLIC_URL);
}
