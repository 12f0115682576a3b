/**
 * Signed out here; on to the provider, which remembers its own sign-in and asks whether it is to be forgotten. At once:
 * a page that goes away after a while goes while somebody reads it.
 */
import { cardPage, type Html, html } from './html.ts';

export function signedOutPage(provider: string, url: string): Html {
  return cardPage(
    'Signed out',
    html`<meta http-equiv="refresh" content="0;url=${url}">
<h1>You are signed out of Cellbook</h1>
<p role="status">Signing you out at ${provider} as well…</p>
<p><a class="button" href="${url}">Go on to ${provider}</a></p>`,
  );
}
