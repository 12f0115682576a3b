/** What a person sees when a page cannot be had: what went wrong, what to do, and the way back. */
import type { CellbookError } from '@cellbook/shared/errors.ts';
import type { Ask } from '../ask.ts';
import { cardPage, type Html, html } from './html.ts';

export function errorPage(error: CellbookError, { edge, requestId }: Ask): Html {
  const problem = error.problem.charAt(0).toUpperCase() + error.problem.slice(1);
  return cardPage(
    problem,
    html`<h1>${problem}.</h1>
<p>${error.next ?? 'Go back and try again.'}</p>
<p><a class="button" href="${new URL('/', edge.config.CELLBOOK_PUBLIC_URL).href}">Your workspaces</a></p>
<p class="fine">${error.code} · ${requestId}</p>`,
  );
}
