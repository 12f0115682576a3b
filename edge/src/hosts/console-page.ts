/** A page of the console, for whoever is signed in; everybody else signs in first and comes back to it. */
import type { Ask } from '../ask.ts';
import { asset } from '../assets.ts';
import { authenticateIfAny } from '../identity/authenticate.ts';
import { seeOther } from '../responses/see-other.ts';

export async function consolePage(ask: Ask, file: string): Promise<Response> {
  if (await authenticateIfAny(ask)) return asset(ask, `/static/console/${file}`);
  const { pathname } = ask.url;
  return seeOther(pathname === '/' ? '/signin' : `/signin?next=${encodeURIComponent(pathname)}`);
}
