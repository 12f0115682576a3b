/**
 * One write for a whole organisation, sent to every cell of its regions: what lives in cells and must be the same
 * in all of them (an organisation's secrets). It has succeeded when every cell has; else the answer is a typed
 * error that names the cells it is missing in. Every cell gets the same Idempotency-Key, so that the caller mends
 * a half-done write by sending it again.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { CellId, RegionId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { allCells } from '@cellbook/shared/pins/pins.ts';
import type { Ask } from '../ask.ts';
import { clientAddressOf } from '../client-address.ts';
import type { Identity } from '../identity/identity.ts';
import { forward } from '../route/forward.ts';

export interface BroadcastRequest {
  method: 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** At the cells, with its query. */
  path: string;
  /** JSON text; absent: no body. */
  body?: string;
  /** The caller's, or one that the request itself decides. */
  idempotencyKey: string;
  regions: readonly RegionId[];
}

/** An answer of one of the cells (they are all alike), where all of them succeeded. */
export async function broadcast(ask: Ask, identity: Identity, sent: BroadcastRequest): Promise<Response> {
  const pins = await ask.edge.pins.get(ask.defer);
  const cells = allCells(pins).filter(({ region }) => sent.regions.includes(region));
  if (cells.length === 0) throw incomplete(sent, sent.regions);
  const answers = await Promise.all(cells.map(({ id }) => sendTo(ask, identity, sent, id)));
  const refusal = answers.find(({ answer }) => answer && answer.status >= 400 && answer.status < 500);
  const [first] = answers;
  const missing = answers.filter(({ answer }) => !answer?.ok).map(({ cell }) => cell);
  const chosen = missing.length === 0 ? first?.answer : refusal?.answer;
  for (const { answer } of answers) if (answer !== chosen) await answer?.body?.cancel();
  // What the request itself is refused for is refused alike everywhere, and said in the cell's own words.
  if (chosen && (missing.length === 0 || missing.length === cells.length)) return chosen;
  await chosen?.body?.cancel();
  throw incomplete(sent, missing);
}

async function sendTo(
  ask: Ask,
  identity: Identity,
  { method, path, body, idempotencyKey }: BroadcastRequest,
  cell: CellId,
): Promise<{ cell: CellId; answer: Response | null }> {
  const { edge, requestId, defer, url } = ask;
  const headers = { 'idempotency-key': idempotencyKey, 'content-type': 'application/json' };
  const request = new Request(new URL(path, url.origin), {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
  });
  try {
    const answer = await forward(edge.forwarder, {
      ...{ request, target: path, identity, requestId, defer },
      ...{ at: { cell }, clientAddress: clientAddressOf(ask) },
    });
    return { cell, answer };
  } catch (thrown) {
    if (thrown instanceof CellbookError) return { cell, answer: null };
    throw thrown;
  }
}

const incomplete = ({ method, path }: BroadcastRequest, missing: readonly string[]): CellbookError =>
  new CellbookError('cell_unreachable', {
    doing: `${method} ${path} in every cell of the organisation`,
    problem: `it is not done in ${missing.join(', ')}`,
    next: 'Send it again with the same Idempotency-Key: where it is done nothing changes.',
    ids: { missing: missing.join(' ') },
    retryAfterMs: limits.edge.unreachableRetryAfterMs,
  });
