/** An attachment to the cell, asked of the router (edge/src/parking/attach.ts), and which cell has answered. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { heldByHeader, heldHeader, parkingHeader } from '@cellbook/shared/protocol/parking-api.ts';

export interface Answered {
  /** Null: no cell has upgraded. */
  cell: { id: string; url: string } | null;
  /** As a client may see it: where a cell is stays inside. */
  answer: Response;
}

/** `parking` null: it is not to be parked. A refusal is an answer, too; throws where there is none in time. */
export async function askRouter(
  { router, clock }: { router: Fetcher; clock: Clock },
  held: string,
  parking: string | null,
): Promise<Answered> {
  const details = { code: 'cell_unreachable', doing: 'attaching a socket to its cell' } as const;
  const headers = { upgrade: 'websocket', [heldHeader]: held };
  const init = { headers: parking === null ? headers : { ...headers, [parkingHeader]: parking } };
  return answeredBy(
    await withDeadline(clock, limits.parking.attachAnswerMsMax, details, (signal) =>
      router.fetch('http://router/', { ...init, signal }),
    ),
  );
}

export function answeredBy(answer: Response): Answered {
  const [id, url] = answer.headers.get(heldByHeader)?.split(' ') ?? [];
  if (id === undefined || url === undefined) return { cell: null, answer };
  const headers = new Headers(answer.headers);
  headers.delete(heldByHeader);
  const { status, webSocket } = answer;
  return { cell: { id, url }, answer: new Response(answer.body, { status, headers, webSocket }) };
}

export function accepted(upstream: WebSocket): WebSocket {
  upstream.binaryType = 'arraybuffer';
  upstream.accept();
  return upstream;
}
