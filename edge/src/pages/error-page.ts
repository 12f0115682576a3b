/** What a person sees when a page cannot be had: what went wrong, what to do, and the way on. */
import type { CellbookError } from '@cellbook/shared/errors.ts';
import type { Ask } from '../ask.ts';
import { cardPage, type Html, html } from './html.ts';

export function errorPage(error: CellbookError, ask: Ask): Html {
  const problem = error.problem.charAt(0).toUpperCase() + error.problem.slice(1);
  const sentence = /[.!?]$/.test(problem) ? problem : `${problem}.`;
  return cardPage(
    problem,
    html`<h1>${sentence}</h1>
<p>${error.next ?? 'Go back and try again.'}</p>
${waysOn(error, ask)}
<p class="fine">For whoever runs this platform: ${error.code} · ${ask.requestId}</p>`,
  );
}

/** Again where that may help, or where one comes in; to one's workspaces in any case. */
function waysOn({ status }: CellbookError, { edge, request, url, place }: Ask): Html {
  const at = (path: string) => new URL(path, edge.config.CELLBOOK_PUBLIC_URL).href;
  const isPassing = (status === 503 || status === 429) && request.method === 'GET';
  const enter =
    place.host === 'workspace'
      ? wayOn(at(`/open/${place.workspaceId}`), 'Open the workspace again')
      : wayOn(at('/signin'), 'Sign in');
  const first = isPassing ? wayOn(url.href, 'Try again') : status === 401 ? enter : null;
  return html`${first}<p class="ways"><a class="button" href="${at('/')}">Your workspaces</a></p>`;
}

const wayOn = (address: string, label: string): Html =>
  html`<p class="ways"><a class="button primary" href="${address}">${label}</a></p>
`;
