/**
 * An object that holds a browser's socket asks for an attachment to the cell: whose it is may have changed since, so
 * he is judged again, and then it is a request like any other, by the pins of now.
 */
import { toCellbookError } from '@cellbook/shared/errors.ts';
import type { Cell } from '@cellbook/shared/pins/pins.ts';
import { heldByHeader, heldHeader, parkingHeader } from '@cellbook/shared/protocol/parking-api.ts';
import { askOf } from '../ask.ts';
import { assertRegion } from '../asked-region.ts';
import type { Defer } from '../directory/snapshot.ts';
import type { Edge } from '../edge.ts';
import { forwardAs } from '../hosts/forwarding.ts';
import { identityNow } from '../identity/authenticate.ts';
import { refuse } from '../responses/refuse.ts';
import { readHeld } from './held.ts';

export async function attach(edge: Edge, request: Request, defer: Defer): Promise<Response> {
  const held = readHeld(request.headers.get(heldHeader) ?? '');
  const address = new URL(held.path + held.search, edge.config.CELLBOOK_PUBLIC_URL);
  const headers = { ...held.headers, upgrade: 'websocket' };
  let answering: Cell | null = null;
  const forwarder: Edge['forwarder'] = {
    ...edge.forwarder,
    onAnswer(cell, ...rest) {
      answering = cell;
      edge.forwarder.onAnswer(cell, ...rest);
    },
  };
  const ask = askOf({ ...edge, forwarder }, new Request(address, { headers }), defer);
  try {
    const identity = await identityNow(ask, held.identity);
    // He may have moved since: who insists on a region is not attached to another.
    await assertRegion(ask, identity);
    const parking = request.headers.get(parkingHeader) ?? undefined;
    const answer = await forwardAs(ask, identity, held.path, parking);
    return answer.webSocket ? answeredBy(answer, answering) : answer;
  } catch (thrown) {
    return refuse(ask, toCellbookError(thrown, `attaching a socket to ${held.path}`));
  }
}

function answeredBy({ status, webSocket, headers: said }: Response, cell: Cell | null): Response {
  const headers = new Headers(said);
  if (cell) headers.set(heldByHeader, `${cell.id} ${cell.url}`);
  return new Response(null, { status, webSocket, headers });
}
