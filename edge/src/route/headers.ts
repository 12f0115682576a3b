/** Which headers cross the edge: what belongs to one hop, to the edge or to a credential does not. */

const words = (text: string): Set<string> => new Set(text.split(' '));
const hopByHop = words('connection keep-alive proxy-connection te trailer transfer-encoding upgrade');
/** Credentials end here, and what says where a request came from is not the client's to say. */
const edgeOnly = words(
  'authorization cookie forwarded host proxy-authorization sec-websocket-extensions x-real-ip',
);
const cellOnly = words('proxy-authenticate server set-cookie');
const ownPrefix = 'cellbook-';
const edgeOnlyPrefixes = [ownPrefix, 'cf-', 'x-forwarded-', 'mf-'];

export const isUpgrade = (request: Request): boolean =>
  request.headers.get('upgrade')?.toLowerCase() === 'websocket';

export function requestHeaders(request: Request): Headers {
  const dropped = namedByConnection(request.headers);
  const kept = new Headers();
  for (const [name, value] of request.headers) {
    if (hopByHop.has(name) || edgeOnly.has(name) || dropped.has(name)) continue;
    if (!edgeOnlyPrefixes.some((prefix) => name.startsWith(prefix))) kept.append(name, value);
  }
  if (isUpgrade(request)) kept.set('upgrade', 'websocket');
  return kept;
}

/** Cookies and cross-origin permissions are the edge's alone to give. */
export function responseHeaders(answer: Response): Headers {
  const dropped = namedByConnection(answer.headers);
  const kept = new Headers();
  for (const [name, value] of answer.headers) {
    if (hopByHop.has(name) || cellOnly.has(name) || dropped.has(name)) continue;
    if (!name.startsWith('access-control-') && !name.startsWith(ownPrefix)) kept.append(name, value);
  }
  return kept;
}

function namedByConnection(headers: Headers): Set<string> {
  return new Set((headers.get('connection') ?? '').toLowerCase().split(/\s*,\s*/));
}
