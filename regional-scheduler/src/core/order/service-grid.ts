/** Running times by their order of magnitude: ever wider cells, from ten seconds to about four months. */

const firstSeconds = 10;
const growth = 1.5;
export const gridCells = 35;

/** The cell of a running time; the last one has no end. */
export function cellOf(seconds: number): number {
  if (seconds < firstSeconds) return 0;
  // The logarithm is off by an ulp at a cell's very edge, the comparison is not.
  let cell = Math.max(0, Math.floor(Math.log(seconds / firstSeconds) / Math.log(growth)));
  while (cell < gridCells - 1 && seconds >= cellEnd(cell)) cell++;
  return Math.min(cell, gridCells - 1);
}

export function cellSeconds(cell: number): number {
  return cell === 0 ? firstSeconds : cellEnd(cell) - cellEnd(cell - 1);
}

function cellEnd(cell: number): number {
  return firstSeconds * growth ** cell;
}
