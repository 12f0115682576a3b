/** One request on its way through the router. */
import { newRequestId, type RequestId } from '@cellbook/shared/ids.ts';
import type { Defer } from './directory/snapshot.ts';
import type { Edge } from './edge.ts';
import { type Place, placeOf } from './origins.ts';

export interface Ask {
  edge: Edge;
  request: Request;
  url: URL;
  place: Place;
  requestId: RequestId;
  defer: Defer;
}

export function askOf(edge: Edge, request: Request, defer: Defer): Ask {
  const url = new URL(request.url);
  const { CELLBOOK_PUBLIC_URL: main, CELLBOOK_WORKSPACE_DOMAIN, CELLBOOK_REGIONS } = edge.config;
  // Behind a proxy that ends TLS the request comes as http; what the browser sees, and says in Origin, is https.
  url.protocol = main.protocol;
  return {
    edge,
    request,
    url,
    place: placeOf(url, {
      main,
      workspaceDomain: CELLBOOK_WORKSPACE_DOMAIN,
      regions: CELLBOOK_REGIONS,
    }),
    requestId: newRequestId(edge.random),
    defer,
  };
}

export const isSecure = ({ edge }: Ask): boolean => edge.config.CELLBOOK_PUBLIC_URL.protocol === 'https:';
