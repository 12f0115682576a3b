/**
 * Whether a request has come to the right cell, as far as the cell itself can know. The edge chose it by pins of
 * epoch `p` (in the principal); the cell has the pins of epoch `c`, or none yet. Both read signed documents whose
 * epochs only grow, so whoever has the higher epoch knows better:
 *
 * | cell has      | its pins name | answer | why |
 * | ------------- | ------------- | ------ | --- |
 * | no pins       |               | serve  | a new cell, before anything was delivered, believes the edge |
 * | pins, p < c   | this cell     | serve  | old pins have led to the right place |
 * | pins, p < c   | another, none | 421    | the edge does not know yet that the user has moved |
 * | pins, p = c   | this cell     | serve  | both agree |
 * | pins, p = c   | another, none | 421    | the same pins name another cell: the request was led wrong |
 * | pins, p > c   | this cell     | serve  | the edge knows more, and has chosen this cell |
 * | pins, p > c   | another, none | serve  | the edge knows more: the user has come here by pins not yet delivered |
 * | any           | not asked     | serve  | the request was addressed to this cell by name (`at.cell`) |
 *
 * Whose home counts: the caller's, or of a request that an admin addressed to a user, that user's. A cell's own
 * name in the principal (`aud`) was checked before. 421 carries `c`, so that the edge knows what to look for.
 *
 * No two cells serve one user for good by this: whoever publishes delivers to the cells first
 * (ops/decisions/0010-pins.md), so that the old home refuses before any edge knows the new one.
 */
import type { CellId, RegionId } from '@cellbook/shared/ids.ts';
import { cellOf, type PinnedUser, type Pins } from '@cellbook/shared/pins/pins.ts';
import type { Principal } from '@cellbook/shared/protocol/principal.ts';

export interface Cell {
  cellId: CellId;
  regionId: RegionId;
}

export type Judgement = { serve: true } | { serve: false; owner: CellId | null; epoch: number };

export function judge(cell: Cell, pins: Pins | null, principal: Principal): Judgement {
  const user = addressee(cell, principal);
  if (pins === null || user === null || principal.pin > pins.epoch) return { serve: true };
  const owner = cellOf(pins, user)?.id ?? null;
  return owner === cell.cellId ? { serve: true } : { serve: false, owner, epoch: pins.epoch };
}

/** Whose home the request was sent to; null: it is the cell itself that was asked for. */
export function addressee(cell: Cell, { at, sub, region }: Principal): PinnedUser | null {
  if (at && 'cell' in at) return null;
  return at ? { userId: at.user, region: at.region } : { userId: sub, region: region ?? cell.regionId };
}

/** Of those who live here, whom these pins would send elsewhere. */
export function leaving(cell: Cell, pins: Pins, residents: readonly PinnedUser[]): PinnedUser[] {
  return residents.filter((resident) => cellOf(pins, resident)?.id !== cell.cellId);
}
