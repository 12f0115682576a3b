/**
 * Sockets of kernels, terminals and events are held by an object of the sockets Worker, so that they stay open while
 * their upstream is closed (shared/src/protocol/parking-api.ts). All of a user's are with one object.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { UserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { heldHeader, parkingHeader } from '@cellbook/shared/protocol/parking-api.ts';
import type { Ask } from '../ask.ts';
import { addressedBy } from '../hosts/addressed.ts';
import { forwardAs, searchWithoutToken } from '../hosts/forwarding.ts';
import type { Identity } from '../identity/identity.ts';
import { isUpgrade } from '../route/headers.ts';
import { heldHeaders, writeHeld } from './held.ts';

const holdable =
  /^\/w\/[^/]+\/(api\/kernels\/[^/]+\/channels|terminals\/websocket\/[^/]+|api\/events\/subscribe)$/;

/** As `forwardAs`, but for sockets that an object holds. */
export const forwardOrHold = async (ask: Ask, identity: Identity, path: string): Promise<Response> =>
  (await hold(ask, identity, path)) ?? forwardAs(ask, identity, path);

/** Null: it goes straight to the cell, as every request. */
async function hold(ask: Ask, identity: Identity, path: string): Promise<Response | null> {
  const { edge, request, url } = ask;
  if (edge.config.CELLBOOK_PARKING === 'off' || !isUpgrade(request) || !holdable.test(path)) return null;
  const headers = heldHeaders(ask, edge.config.CELLBOOK_CLIENT_ADDRESS);
  const held = writeHeld({ identity, path, search: searchWithoutToken(url), headers });
  if (held === null) return null;
  // Whom he may not address he is refused here, where refusals are recorded.
  await addressedBy(ask, identity);
  const shard = shardOf(identity.sub);
  const init = { headers: { upgrade: 'websocket', [heldHeader]: held, [parkingHeader]: String(shard) } };
  return edge
    .shards(shard)
    .fetch('http://shard/', init)
    .catch((cause: unknown) => {
      throw notHeld(shard, ask, cause);
    });
}

/** Its object is being moved or restarted, or its router does not answer: to wait for, not a dead kernel. */
const notHeld = (shard: number, { requestId }: Ask, cause: unknown): CellbookError =>
  new CellbookError('cell_unreachable', {
    doing: 'opening a socket',
    problem: 'the part of the edge that holds your sockets cannot be reached',
    next: 'Nothing is lost; try again in a few seconds.',
    ids: { shard: String(shard), requestId },
    retryAfterMs: limits.edge.unreachableRetryAfterMs,
    cause,
  });

export function shardOf(user: UserId): number {
  let hash = 0;
  for (const char of user) hash = (Math.imul(hash, 31) + (char.codePointAt(0) ?? 0)) >>> 0;
  return hash % limits.parking.shards;
}
