import { cellSeconds, gridCells } from './service-grid.ts';

/**
 * The least running time to be spent for one completion, in seconds: over all stretches that begin in the
 * cell `from`, the time the job is expected to take of it by the chance that it ends in it. Who has the least
 * goes first. `hazard(cell)` is the chance to end in that cell for a job that has reached it. Where no job
 * ever ends it is infinite.
 */
export function gittinsSeconds(from: number, hazard: (cell: number) => number): number {
  let surviving = 1;
  let spent = 0;
  let ended = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let cell = from; cell < gridCells; cell++) {
    // Never certain: what outlives all that was seen must keep a rank.
    const ending = surviving * Math.min(0.95, hazard(cell));
    surviving -= ending;
    spent += (surviving + ending / 2) * cellSeconds(cell);
    ended += ending;
    if (ended > 0) least = Math.min(least, spent / ended);
  }
  return least;
}
