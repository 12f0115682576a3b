/**
 * Before a key of pins is taken away: whether what it signed is still gone by. An edge whose newest document verifies
 * with no key it has knows no cell for anybody; a cell whose document does so counts as having none, and believes
 * whatever edge comes first.
 */

import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { allCells, type Cell } from '@cellbook/shared/pins/pins.ts';
import { pinEpochHeader } from '@cellbook/shared/protocol/principal.ts';
import { decodeProtectedHeader } from 'jose';
import type { PinsContext } from '../pins/context.ts';
import type { ShownRings } from './words.ts';

export interface PinsInUse {
  /** The newest document, and the key that signed it. */
  newest: { epoch: number; kid: string | null };
  /** What each cell goes by; null: it does not answer. */
  cells: readonly { id: string; epoch: number | null }[];
}

/** Null: nothing is gone by that only a key signed which is to go. `isKnown`: one that others know goes at once. */
export function stillNeeded(
  { newest, cells }: PinsInUse,
  keptKids: readonly string[],
  isKnown: boolean,
): string | null {
  if (newest.kid === null || !keptKids.includes(newest.kid))
    return `the newest pins (epoch ${newest.epoch}) are signed with ${newest.kid}, which would go`;
  const behind = cells.filter(({ epoch }) => epoch === null || epoch < newest.epoch).map(({ id }) => id);
  if (behind.length === 0 || isKnown) return null;
  return `${behind.join(', ')} may still go by older pins than the newest (epoch ${newest.epoch})`;
}

/** The keys that are left when those are gone whose time has come, and those that are named. */
export function keptOf(rings: ShownRings, named: readonly string[], nowMs: number): string[] {
  const goes = ({ kid, stage, retiresAt }: ShownRings[string][number]) =>
    stage !== 'signing' && (named.includes(kid) || (retiresAt !== null && Date.parse(retiresAt) <= nowMs));
  return (rings.pins ?? []).filter((key) => !goes(key)).map(({ kid }) => kid);
}

/** Throws `conflict`. */
export async function assertPinsMovedOn(
  context: Pick<PinsContext, 'remote' | 'current' | 'clock'>,
  rings: ShownRings,
  named: readonly string[],
): Promise<void> {
  const { clock, remote } = context;
  const kept = keptOf(rings, named, clock.nowMs());
  if (kept.length === (rings.pins ?? []).length) return;
  const jws = await remote.show();
  const current = await context.current();
  const kid = jws === null ? null : (decodeProtectedHeader(jws).kid ?? null);
  const cells = await Promise.all(
    allCells(current).map(async (cell) => ({ id: cell.id, epoch: await epochOf(clock, cell) })),
  );
  const problem = stillNeeded({ newest: { epoch: current.epoch, kid }, cells }, kept, named.length > 0);
  if (problem === null) return;
  throw new CellbookError('conflict', {
    ...{ doing: 'retiring keys of pins', problem },
    next: 'Publish the pins anew (npm run pins -- show --json > pins.json; npm run pins -- publish pins.json) while every cell runs, then try again.',
  });
}

/** Every answer of a cell says it. */
async function epochOf(clock: Clock, { id, url }: Cell): Promise<number | null> {
  const details = { code: 'cell_unreachable', doing: `asking cell ${id} for its pins` } as const;
  try {
    const answer = await withDeadline(clock, limits.pins.probeMsMax, details, (signal) =>
      fetch(new URL('/healthz', url), { signal }),
    );
    await answer.body?.cancel();
    const said = answer.headers.get(pinEpochHeader);
    return said === null ? null : Number(said);
  } catch {
    return null;
  }
}
