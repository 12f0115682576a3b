/** The headers every answer gets on its way out: request id, protection by origin, CORS for tokens. */
import { requestIdHeader } from '@cellbook/shared/protocol/principal.ts';
import { type Ask, isSecure } from '../ask.ts';
import type { Config } from '../config.ts';
import { credentialIn } from '../identity/authenticate.ts';
import { askerOf } from '../origins.ts';

export function finish(ask: Ask, response: Response): Response {
  ask.edge.metrics.answered(ask.place.host, ask.place.area, response.status);
  if (response.webSocket) return response;
  const finished = new Response(response.body, response);
  const { headers } = finished;
  headers.set(requestIdHeader, ask.requestId);
  headers.set('x-content-type-options', 'nosniff');
  setIfAbsent(headers, 'referrer-policy', 'same-origin');
  if (canRun(ask, headers)) headers.append('content-security-policy', contentSecurityPolicy(ask));
  else setIfAbsent(headers, 'content-security-policy', contentSecurityPolicy(ask));
  if (isSecure(ask)) headers.set('strict-transport-security', 'max-age=31536000');
  // A page that opens the console gets no hold on its window.
  if (ask.place.host === 'main' && ask.place.area === 'pages')
    headers.set('cross-origin-opener-policy', 'same-origin');
  if (isTokenCall(ask)) allowAnyOrigin(headers);
  else setIfAbsent(headers, 'cross-origin-resource-policy', 'same-origin');
  return finished;
}

/** On the main host ours comes on top of the cell's own policy, but for JSON, which no browser runs. */
function canRun({ place }: Ask, headers: Headers): boolean {
  return (
    place.host !== 'workspace' && !/^application\/json *(;[^,]*)?$/i.test(headers.get('content-type') ?? '')
  );
}

/**
 * What a workspace holds is never a page of the main host: a notebook's HTML asked for there with a token
 * runs in an origin of its own, where it can neither read nor send the console's cookie.
 */
function contentSecurityPolicy({ place, url, edge }: Ask): string {
  if (place.host === 'workspace') return "frame-ancestors 'self'; object-src 'none'; base-uri 'self'";
  if (place.area === 'pages') return `${pagePolicy}; form-action ${formTargets(url, edge.config)}`;
  return "sandbox; default-src 'none'; frame-ancestors 'none'";
}

const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/**
 * Chromium holds form-action against every redirect after a form as well, and signing in may lead through
 * /open to a workspace's own origin.
 */
function formTargets({ pathname }: URL, config: Config): string {
  const { CELLBOOK_PUBLIC_URL: main, CELLBOOK_WORKSPACE_DOMAIN: domain } = config;
  return pathname === '/signin' ? `'self' ${main.protocol}//*.${domain}` : "'self'";
}

/** Asked across origins with a token, which only a program can have put there. */
export function isTokenCall(ask: Ask): boolean {
  if (ask.place.host === 'workspace' || ask.place.area === 'pages') return false;
  return (
    askerOf(ask.request, ask.url) === 'cross-origin' &&
    (isPreflight(ask) || credentialIn(ask, 'token') !== null)
  );
}

export const isPreflight = ({ request }: Ask): boolean =>
  request.method === 'OPTIONS' && request.headers.has('access-control-request-method');

function allowAnyOrigin(headers: Headers): void {
  headers.set('access-control-allow-origin', '*');
  headers.set('access-control-expose-headers', '*');
}

export function preflight(): Response {
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
      // A star does not cover Authorization.
      'access-control-allow-headers': 'Authorization, *',
      'access-control-max-age': '7200',
    },
  });
}

function setIfAbsent(headers: Headers, name: string, value: string): void {
  if (!headers.has(name)) headers.set(name, value);
}
