/** Which headers cross the edge: what belongs to one hop, to the edge or to a credential does not. */
import { principalHeader } from '@cellbook/shared/protocol/principal.ts';
import type { Random } from '@cellbook/shared/random.ts';

const hopByHop = new Set(
  'connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade'.split(
    ' ',
  ),
);
/** Credentials end here, and what says where a request came from is not the client's to say. */
const edgeOnly = new Set(
  'authorization cookie forwarded host sec-websocket-extensions x-real-ip x-xsrftoken'.split(' '),
);
const ownPrefixes = [principalHeader.slice(0, 'cellbook-'.length), 'cf-', 'x-forwarded-', 'mf-'];

export const isUpgrade = (request: Request): boolean =>
  request.headers.get('upgrade')?.toLowerCase() === 'websocket';

export function requestHeaders(request: Request): Headers {
  const dropped = namedByConnection(request.headers);
  const kept = new Headers();
  for (const [name, value] of request.headers) {
    if (hopByHop.has(name) || edgeOnly.has(name) || dropped.has(name)) continue;
    if (!ownPrefixes.some((prefix) => name.startsWith(prefix))) kept.append(name, value);
  }
  if (isUpgrade(request)) kept.set('upgrade', 'websocket');
  return kept;
}

/** Cookies and cross-origin permissions are the edge's alone to give. */
export function responseHeaders(answer: Response): Headers {
  const dropped = namedByConnection(answer.headers);
  const kept = new Headers();
  for (const [name, value] of answer.headers) {
    if (hopByHop.has(name) || dropped.has(name) || name === 'set-cookie' || name === 'server') continue;
    if (!name.startsWith('access-control-') && !name.startsWith(ownPrefixes[0] ?? ''))
      kept.append(name, value);
  }
  return kept;
}

function namedByConnection(headers: Headers): Set<string> {
  return new Set((headers.get('connection') ?? '').toLowerCase().split(/\s*,\s*/));
}

/** W3C Trace Context: the caller's trace goes on under a span of the edge's own; a malformed one is replaced. */
export function traceparent(incoming: string | null, random: Random): string {
  const parsed = /^[0-9a-e][0-9a-f]-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})(?:-.*)?$/.exec(incoming ?? '');
  const trace = parsed?.[1] && !/^0+$/.test(parsed[1]) ? parsed[1] : hex(random.bytes(16));
  return `00-${trace}-${hex(random.bytes(8))}-${parsed?.[2] ?? '01'}`;
}

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
