/**
 * A workspace's own origin: its lab, and the Jupyter Server API at the root as JupyterLab expects it. Entered
 * by a one-time code from the console; a tab without a valid cookie is sent to the console for one.
 */
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { labPath } from '../../lab/src/page.ts';
import type { Ask } from '../ask.ts';
import { asset } from '../assets.ts';
import { authenticate, authenticateIfAny } from '../identity/authenticate.ts';
import { enterPath, enterWorkspace } from '../identity/open.ts';
import { lab } from '../lab-page.ts';
import { deedOf } from '../origins.ts';
import { forwardOrHold } from '../parking/hold.ts';

export async function answerWorkspace(ask: Ask, workspaceId: WorkspaceId): Promise<Response> {
  const { request, url } = ask;
  const reading = request.method === 'GET' || request.method === 'HEAD';
  if (reading && url.pathname === '/') return Response.redirect(new URL('/lab', url).href, 302);
  if (reading && url.pathname === enterPath) return enterWorkspace(ask, workspaceId);
  if (reading && /^\/static\/(lab|console)\//.test(url.pathname)) return asset(ask);

  const deed = deedOf(request);
  const place = reading ? labPath(url.pathname) : null;
  if (deed === 'page' || place) {
    const identity = await authenticateIfAny(ask);
    if (!identity) return sendToConsole(ask, workspaceId);
    if (place) return lab(ask, workspaceId, place);
  }
  return forwardOrHold(ask, await authenticate(ask), `/w/${workspaceId}${url.pathname}`);
}

function sendToConsole({ edge, url }: Ask, workspaceId: WorkspaceId): Response {
  const console = new URL(`/open/${workspaceId}`, edge.config.CELLBOOK_PUBLIC_URL);
  console.searchParams.set('next', url.pathname + url.search);
  return new Response(null, {
    status: 303,
    headers: { location: console.href, 'cache-control': 'no-store' },
  });
}
