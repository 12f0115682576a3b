/**
 * Forwards one request, HTTP or WebSocket, to the user's cell and hands the answer back untouched. No body
 * is read here in either direction: both are passed on as streams, and an upgraded socket is joined to the
 * client's by the runtime, so that no frame passes through JavaScript.
 *
 * A cell that cannot be reached is 503 with Retry-After, whatever the reason: Jupyter clients take a 500, 502,
 * 504 or 404 for a dead kernel, and 503 for "wait". A cell answers 421 before it reads a body when its pins
 * say the user lives elsewhere: the pins are read again, and where they now name another cell a request
 * without a body is sent there, one with a body is sent back to its client by 307 to the same address.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { CellId, RequestId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { allCells, type Cell, cellOf, type Pins } from '@cellbook/shared/pins/pins.ts';
import { type Principal, pinEpochHeader, principalHeader } from '@cellbook/shared/protocol/principal.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { SignedPins } from '../directory/signed-pins.ts';
import type { Defer, Snapshot } from '../directory/snapshot.ts';
import type { Identity } from '../identity/identity.ts';
import type { Destination, PrincipalSigner } from './principal.ts';
import { isLate, passOn, sendTo } from './send.ts';

export interface Forwarder {
  clock: Clock;
  random: Random;
  pins: Pick<Snapshot<SignedPins>, 'get' | 'reload'>;
  principals: PrincipalSigner;
  onUnreachable: (error: CellbookError) => void;
  /** Told of each answer of a cell, whose header says the pins it knows. */
  onAnswer: (cell: Cell, answer: Response, pins: SignedPins, defer: Defer) => void;
}

export interface Forwarded {
  request: Request;
  /** Path and query at the cell, already encoded. */
  target: string;
  identity: Identity;
  requestId: RequestId;
  defer: Defer;
  /** Whom an admin or operator has addressed; absent: the caller's own home. */
  at?: Principal['at'];
  policy?: Destination['policy'];
  /** Empty: not known. */
  clientAddress: string;
  /** Of a socket that an object of the edge holds. */
  parking?: string;
}

export async function forward(forwarder: Forwarder, forwarded: Forwarded): Promise<Response> {
  const { requestId, request, defer } = forwarded;
  const first = await forwarder.pins.get(defer);
  const cell = homeOf(first, forwarded);
  const answer = await send(forwarder, forwarded, first, cell);
  if (answer.status !== 421) return passOn(answer);
  await answer.body?.cancel();

  const second = await forwarder.pins.reload(defer);
  const newCell = homeOf(second, forwarded);
  if (newCell.id === cell.id) throw unreachable({ cell: cell.id, requestId }, moving);
  if (request.body) return new Response(null, { status: 307, headers: { location: sameAddress(request) } });
  const retried = await send(forwarder, forwarded, second, newCell);
  if (retried.status !== 421) return passOn(retried);
  await retried.body?.cancel();
  throw unreachable({ cell: newCell.id, requestId }, moving);
}

/** Without scheme and host, which a proxy before the edge may have changed. */
function sameAddress(request: Request): string {
  const { pathname, search } = new URL(request.url);
  return pathname.replace(/^\/+/, '/') + search;
}

const moving = 'you are being moved to another cell';

function homeOf(pins: Pins, { identity: { sub, region }, at, requestId }: Forwarded): Cell {
  if (at && 'cell' in at) return cellNamed(pins, at.cell, requestId);
  const cell = cellOf(pins, at ? { userId: at.user, region: at.region } : { userId: sub, region });
  if (cell) return cell;
  throw unreachable({ user: sub, region, requestId }, 'no cell serves this region at present');
}

function cellNamed(pins: Pins, id: CellId, requestId: RequestId): Cell {
  const cell = allCells(pins).find((known) => known.id === id);
  if (cell) return cell;
  throw unreachable({ cell: id, requestId }, 'the pins name no such cell at present');
}

async function send(
  forwarder: Forwarder,
  forwarded: Forwarded,
  pins: SignedPins,
  cell: Cell,
): Promise<Response> {
  const { requestId, at, policy, defer } = forwarded;
  const to = { cell, pinEpoch: pins.epoch, ...(at && { at }), ...(policy && { policy }) };
  const principal = await forwarder.principals.sign(forwarded.identity, to);
  const headers = { [principalHeader]: principal, [pinEpochHeader]: String(pins.epoch) };
  try {
    const answer = await sendTo(forwarder, forwarded, cell.url, headers);
    forwarder.onAnswer(cell, answer, pins, defer);
    return answer;
  } catch (cause) {
    const problem = isLate(cause) ? 'your cell did not answer in time' : 'your cell cannot be reached';
    const error = unreachable({ cell: cell.id, requestId }, problem, cause);
    forwarder.onUnreachable(error);
    throw error;
  }
}

function unreachable(ids: Record<string, string>, problem: string, cause?: unknown): CellbookError {
  const doing = 'forwarding to a cell';
  const next = 'Nothing is lost; try again in a few seconds.';
  const retryAfterMs = limits.edge.unreachableRetryAfterMs;
  return new CellbookError('cell_unreachable', { doing, problem, next, ids, retryAfterMs, cause });
}
