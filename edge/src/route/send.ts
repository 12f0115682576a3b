/** One request to one upstream, bodies as streams both ways; what comes back is passed on without what is not a client's. */
import { limits } from '@cellbook/shared/limits.ts';
import { parkingHeader } from '@cellbook/shared/protocol/parking-api.ts';
import { clientAddressHeader, requestIdHeader } from '@cellbook/shared/protocol/principal.ts';
import { continueTrace, formatTraceparent, traceparentHeader } from '@cellbook/shared/trace.ts';
import type { Forwarded, Forwarder } from './forward.ts';
import { requestHeaders, responseHeaders } from './headers.ts';

export async function sendTo(
  { clock, random }: Pick<Forwarder, 'clock' | 'random'>,
  { request, requestId, target, clientAddress, parking }: Omit<Forwarded, 'identity' | 'defer'>,
  url: string,
  own: Record<string, string>,
): Promise<Response> {
  const headers = requestHeaders(request);
  for (const [name, value] of Object.entries(own)) headers.set(name, value);
  if (clientAddress !== '') headers.set(clientAddressHeader, clientAddress);
  if (parking !== undefined) headers.set(parkingHeader, parking);
  headers.set(requestIdHeader, requestId);
  const trace = continueTrace(request.headers.get(traceparentHeader), random);
  headers.set(traceparentHeader, formatTraceparent(trace));

  const deadline = new AbortController();
  const deadlineMs = request.body ? limits.edge.forwardUploadMsMax : limits.edge.forwardHeadersMsMax;
  const timer = clock.setTimer(deadlineMs, () => deadline.abort(new Error('deadline')));
  try {
    const { method, body } = request;
    const { signal } = deadline;
    return await fetch(new URL(target, url), { method, headers, body, redirect: 'manual', signal });
  } catch (cause) {
    throw deadline.signal.aborted ? new Late(cause) : cause;
  } finally {
    timer.cancel();
  }
}

class Late extends Error {
  constructor(cause: unknown) {
    super('deadline', { cause });
  }
}

export const isLate = (thrown: unknown): boolean => thrown instanceof Late;

export function passOn(answer: Response): Response {
  const headers = responseHeaders(answer);
  const { status, statusText, webSocket } = answer;
  if (webSocket) return new Response(null, { status, headers, webSocket });
  return new Response(answer.body, { status, statusText, headers });
}
