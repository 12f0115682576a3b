/**
 * Brings the pins to cells that have not got them. Whoever publishes has delivered to every cell that answered;
 * one that was down then, or is new, says by its answers what it knows, and the first edge that sees it is behind
 * sends it the document as it was signed. Behind a request, once per cell and epoch; a cell that refuses or cannot
 * be reached is tried again after a while.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Cell } from '@cellbook/shared/pins/pins.ts';
import { pinEpochHeader } from '@cellbook/shared/protocol/principal.ts';
import type { SignedPins } from '../directory/signed-pins.ts';
import type { Defer } from '../directory/snapshot.ts';
import { log } from '../log.ts';

export type HealCell = (cell: Cell, answer: Response, pins: SignedPins, defer: Defer) => void;

export function createCellHealer(clock: Clock): HealCell {
  const triedAtMs = new Map<string, { epoch: number; atMs: number }>();

  return (cell, answer, pins, defer) => {
    const known = Number(answer.headers.get(pinEpochHeader) ?? -1);
    if (known >= pins.epoch) return;
    const tried = triedAtMs.get(cell.id);
    const nowMs = clock.monotonicMs();
    if (tried?.epoch === pins.epoch && nowMs - tried.atMs < limits.pins.healEveryMs) return;
    triedAtMs.set(cell.id, { epoch: pins.epoch, atMs: nowMs });
    defer(deliver(clock, cell, pins));
  };
}

async function deliver(clock: Clock, cell: Cell, pins: SignedPins): Promise<void> {
  const ids = { cell: cell.id, epoch: pins.epoch };
  try {
    const details = { code: 'cell_unreachable', doing: 'delivering pins', ids: { cell: cell.id } } as const;
    const answer = await withDeadline(clock, limits.pins.deliverMsMax, details, (signal) =>
      fetch(new URL('/pins', cell.url), {
        method: 'PUT',
        headers: { 'content-type': 'application/jose' },
        body: pins.jws,
        signal,
      }),
    );
    await answer.body?.cancel();
    // A cell without a pin key takes none, and says so by 404.
    if (!answer.ok && answer.status !== 404)
      log('warn', `a cell did not take the pins: status ${answer.status}`, { ids });
  } catch (cause) {
    log('warn', 'a cell could not be given the pins', { ids, cause });
  }
}
