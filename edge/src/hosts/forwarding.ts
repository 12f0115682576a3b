/** Sends a request on under who it is from. */
import type { Ask } from '../ask.ts';
import type { Identity } from '../identity/identity.ts';
import { forward } from '../route/forward.ts';

export async function forwardAs(ask: Ask, identity: Identity, path: string): Promise<Response> {
  const { edge, request, requestId, defer } = ask;
  const startedMs = edge.clock.monotonicMs();
  const target = path + searchWithoutToken(ask.url);
  const answer = await forward(edge.forwarder, { request, target, identity, requestId, defer });
  edge.metrics.forwarded(edge.clock.monotonicMs() - startedMs);
  return answer;
}

/** The query as it was written, but for the credential in it: a token ends at the edge. */
function searchWithoutToken(url: URL): string {
  if (!url.searchParams.has('token')) return url.search;
  const kept = url.search
    .slice(1)
    .split('&')
    .filter((part) => !new URLSearchParams(part).has('token'));
  return kept.length === 0 ? '' : `?${kept.join('&')}`;
}
