/**
 * Which credential counts where, and who may ask with it. This table is the specification: its test reads it
 * from this comment and tries every row. "Page" is a navigation of a browser's own tab.
 *
 * A cookie is sent by the browser whoever wrote the page, and workspaces' origins are one site with the
 * console's, so SameSite does not part them: Origin and Sec-Fetch-Site do. A token is never sent by itself,
 * so it may come from anywhere, and only for it are answers readable across origins (CORS, no credentials).
 *
 * | host      | path  | credential | asked by      | page | read | write | websocket |
 * | --------- | ----- | ---------- | ------------- | ---- | ---- | ----- | --------- |
 * | main      | pages | session    | same-origin   | yes  | yes  | yes   | no        |
 * | main      | pages | session    | cross-origin  | yes  | no   | no    | no        |
 * | main      | pages | session    | the user      | yes  | yes  | no    | no        |
 * | main      | pages | session    | unknown       | yes  | yes  | no    | no        |
 * | main      | /v1   | session    | same-origin   | yes  | yes  | yes   | yes       |
 * | main      | /v1   | session    | cross-origin  | no   | no   | no    | no        |
 * | main      | /v1   | session    | the user      | yes  | yes  | no    | no        |
 * | main      | /v1   | session    | unknown       | yes  | yes  | no    | no        |
 * | main      | /v1   | token      | cross-origin  | yes  | yes  | yes   | yes       |
 * | main      | /v1   | token      | unknown       | yes  | yes  | yes   | yes       |
 * | main      | /w    | session    | same-origin   | no   | no   | no    | no        |
 * | main      | /w    | workspace  | same-origin   | no   | no   | no    | no        |
 * | main      | /w    | token      | cross-origin  | yes  | yes  | yes   | yes       |
 * | main      | /w    | token      | unknown       | yes  | yes  | yes   | yes       |
 * | other     | /v1   | session    | same-origin   | no   | no   | no    | no        |
 * | other     | /v1   | token      | unknown       | yes  | yes  | yes   | yes       |
 * | other     | /w    | token      | unknown       | yes  | yes  | yes   | yes       |
 * | other     | pages | session    | same-origin   | no   | no   | no    | no        |
 * | workspace | any   | workspace  | same-origin   | yes  | yes  | yes   | yes       |
 * | workspace | any   | workspace  | cross-origin  | yes  | no   | no    | no        |
 * | workspace | any   | workspace  | the user      | yes  | yes  | no    | no        |
 * | workspace | any   | workspace  | unknown       | yes  | yes  | no    | no        |
 * | workspace | any   | session    | same-origin   | no   | no   | no    | no        |
 * | workspace | any   | token      | unknown       | no   | no   | no    | no        |
 *
 * "Main" is the configured public address; "workspace" is `{workspaceId}.<domain>`; "other" is any further
 * name or address that reaches the edge (127.0.0.1, a load balancer's check), where no cookie counts; among
 * them is a name for each region (`eu.<domain>`, asked-region.ts).
 */
import { type RegionId, type WorkspaceId, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import type { CredentialKind } from './identity/identity.ts';
import { isUpgrade } from './route/headers.ts';

export type Host = 'main' | 'workspace' | 'other';
export type Area = 'pages' | '/v1' | '/w' | 'any';
export type Asker = 'same-origin' | 'cross-origin' | 'the user' | 'unknown';
export type Deed = 'page' | 'read' | 'write' | 'websocket';

export type Place =
  | { host: 'main'; area: 'pages' | '/v1' | '/w' }
  /** `region`: the client used the name of a region (`eu.<domain>`), and insists on it. */
  | { host: 'other'; area: 'pages' | '/v1' | '/w'; region?: RegionId }
  | { host: 'workspace'; area: 'any'; workspaceId: WorkspaceId };

interface Names {
  main: URL;
  workspaceDomain: string;
  regions: readonly { id: RegionId }[];
}

export function placeOf(url: URL, { main, workspaceDomain, regions }: Names): Place {
  const label = url.host.endsWith(`.${workspaceDomain}`)
    ? url.host.slice(0, -workspaceDomain.length - 1)
    : null;
  const workspace = workspaceIdSchema.safeParse(label);
  if (workspace.success) return { host: 'workspace', area: 'any', workspaceId: workspace.data };
  const area = /^\/v1(\/|$)/.test(url.pathname) ? '/v1' : /^\/w\//.test(url.pathname) ? '/w' : 'pages';
  if (url.host === main.host) return { host: 'main', area };
  const region = regions.find(({ id }) => id === label)?.id;
  return region === undefined ? { host: 'other', area } : { host: 'other', area, region };
}

/** The credentials that are looked for at a place, first found first used; every other is as if absent. */
export function credentialsOf(host: Host, area: Area): readonly CredentialKind[] {
  if (host === 'workspace') return ['workspace'];
  if (host === 'other') return area === 'pages' ? [] : ['token'];
  if (area === 'pages') return ['session'];
  return area === '/v1' ? ['token', 'session'] : ['token'];
}

export function askerOf(request: Request, url: URL): Asker {
  const origin = request.headers.get('origin');
  if (origin !== null) return origin === url.origin ? 'same-origin' : 'cross-origin';
  switch (request.headers.get('sec-fetch-site')) {
    case 'same-origin':
      return 'same-origin';
    case 'none':
      return 'the user';
    case null:
      return 'unknown';
    default:
      return 'cross-origin';
  }
}

export function deedOf(request: Request): Deed {
  if (isUpgrade(request)) return 'websocket';
  if (request.method !== 'GET' && request.method !== 'HEAD') return 'write';
  return isNavigation(request) ? 'page' : 'read';
}

/** Of a browser's own tab: by an address, a link, or a form that is sent. Its answer is what a person sees. */
export function isNavigation({ headers }: Request): boolean {
  return headers.get('sec-fetch-mode') === 'navigate' && headers.get('sec-fetch-dest') === 'document';
}

/** Whether `kind`, counting at this place, may be used for `deed` by `asker`. */
export function mayUse(kind: CredentialKind, area: Area, asker: Asker, deed: Deed): boolean {
  if (kind === 'token') return true;
  if (asker === 'same-origin') return deed !== 'websocket' || area !== 'pages';
  if (asker === 'cross-origin') return deed === 'page' && area !== '/v1';
  return deed === 'page' || deed === 'read';
}
