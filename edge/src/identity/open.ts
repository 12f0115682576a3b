/**
 * From the console to a workspace's origin. `/open/{id}` on the main host, with the session: asks the cell
 * whether the workspace is there for this user, leaves the claims of a workspace cookie under a one-time code
 * and sends the browser to `/.cellbook/enter?code=` on the workspace's origin, which takes them, once, and sets
 * the cookie. The cookie is good for that workspace alone and ends with the session that opened it.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type WorkspaceId, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { type Ask, isSecure } from '../ask.ts';
import { forwardAs } from '../hosts/forwarding.ts';
import { localPath } from '../local-path.ts';
import { authenticateIfAny } from './authenticate.ts';
import { setCookie } from './cookies.ts';
import { type Claims, claimsSchema, type Identity } from './identity.ts';

export const enterPath = '/.cellbook/enter';

export async function openWorkspace(ask: Ask, idText: string): Promise<Response> {
  const { edge, url } = ask;
  const identity = await authenticateIfAny(ask);
  if (!identity) return redirect(`/signin?next=${encodeURIComponent(url.pathname + url.search)}`);
  const id = workspaceIdSchema.safeParse(idText);
  if (!id.success) throw noWorkspace(idText);
  await assertOwned(ask, identity, id.data);

  const { via, ...claims } = identity;
  const code = await edge.codes.put(JSON.stringify({ ...claims, ws: id.data } satisfies Claims));
  const enter = new URL(
    `${edge.config.CELLBOOK_PUBLIC_URL.protocol}//${id.data}.${edge.config.CELLBOOK_WORKSPACE_DOMAIN}`,
  );
  enter.pathname = enterPath;
  enter.searchParams.set('code', code);
  enter.searchParams.set('next', url.searchParams.get('next') ?? '/lab');
  return redirect(enter.href);
}

export async function enterWorkspace(ask: Ask, workspaceId: WorkspaceId): Promise<Response> {
  const { edge, url } = ask;
  const payload = await edge.codes.take(url.searchParams.get('code') ?? '');
  const claims = payload === null ? null : claimsSchema.parse(JSON.parse(payload));
  if (!claims || claims.ws !== workspaceId) {
    throw new CellbookError('unauthenticated', {
      doing: `entering workspace ${workspaceId}`,
      problem: 'this link has been used already, or is older than half a minute',
      next: 'Open the workspace again from your workspaces.',
      ids: { workspace: workspaceId },
    });
  }
  const cookie = await edge.credentials.mint('workspace', claims);
  const ttlSeconds = claims.exp - edge.clock.nowMs() / 1_000;
  return redirect(localTarget(url), setCookie('workspace', cookie, ttlSeconds, isSecure(ask)));
}

async function assertOwned(ask: Ask, identity: Identity, id: WorkspaceId): Promise<void> {
  const asked = { ...ask, request: new Request(ask.request.url) };
  const answer = await forwardAs({ ...asked, url: new URL('/', ask.url) }, identity, `/v1/workspaces/${id}`);
  await answer.body?.cancel();
  if (answer.ok) return;
  if (answer.status === 404 || answer.status === 403 || answer.status === 410) throw noWorkspace(id);
  throw new CellbookError('cell_unreachable', {
    doing: `opening workspace ${id}`,
    problem: 'its cell is not answering as it should',
    next: 'Nothing is lost; try again in a few seconds.',
    ids: { workspace: id, status: answer.status },
    retryAfterMs: 5_000,
  });
}

function localTarget(url: URL): string {
  const next = localPath(url.searchParams.get('next') ?? '/lab', url);
  return next === null || next.startsWith(enterPath) ? '/lab' : next;
}

function noWorkspace(id: string): CellbookError {
  return new CellbookError('not_found', {
    doing: `opening workspace ${id}`,
    problem: 'there is no such workspace among yours',
    next: 'It may have been deleted; look at your workspaces.',
  });
}

function redirect(location: string, cookie?: string): Response {
  const headers = new Headers({ location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
  if (cookie) headers.set('set-cookie', cookie);
  return new Response(null, { status: 303, headers });
}
