/**
 * Epochs fence writers. Whoever takes a thing over raises its epoch; every write carries the epoch of the
 * writer, and the receiver refuses an older one. So a writer that was asleep, cut off or replaced cannot
 * undo what its successor did.
 */
import { CellbookError } from './errors.ts';

/** Throws `stale_epoch` when `given` is older than `current`; `what` completes "writing …". */
export function refuseOlderEpoch(
  given: number,
  current: number,
  what: string,
  ids: Record<string, string>,
): void {
  if (given >= current) return;
  throw new CellbookError('stale_epoch', {
    doing: `writing ${what} with epoch ${given}`,
    problem: `a newer owner holds epoch ${current}`,
    next: 'Read the state again; this owner must stop.',
    ids: { ...ids, givenEpoch: given, currentEpoch: current },
  });
}
