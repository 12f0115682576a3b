/** Sends a request on under who it is from, to his own home or to whom he has addressed. */
import type { Ask } from '../ask.ts';
import { clientAddressOf } from '../client-address.ts';
import type { Identity } from '../identity/identity.ts';
import { forward } from '../route/forward.ts';
import { addressedBy } from './addressed.ts';

export async function forwardAs(ask: Ask, identity: Identity, path: string): Promise<Response> {
  const { edge, request, requestId, defer } = ask;
  const at = await addressedBy(ask, identity);
  const startedMs = edge.clock.monotonicMs();
  const answer = await forward(edge.forwarder, {
    ...{ request, identity, requestId, defer, clientAddress: clientAddressOf(ask) },
    target: path + searchWithoutToken(ask.url),
    ...(at && { at }),
  });
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
