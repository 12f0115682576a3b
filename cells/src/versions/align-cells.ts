/**
 * Which cell of one notebook is which of the other. As nbdime does it (its "multilevel snakes"): the longest
 * common run of cells that are plainly the same first, then between those the ones that are likely the same,
 * by ever weaker signs, so that a weak sign never crosses a strong one:
 *
 *     1  same type and source      2  same id      3  same type and half of the source
 */
import { limits } from '@cellbook/shared/limits.ts';
import { diffArrays } from 'diff';
import { similarity } from './diff-lines.ts';
import type { Effort } from './effort.ts';

export interface ComparedCell {
  type: string;
  id: string | null;
  source: string;
}

/** Indexes into the earlier and the later notebook; null where there is no counterpart. */
export type Pair = readonly [from: number | null, to: number | null];
type Sign = (a: ComparedCell, b: ComparedCell) => boolean;

const signs: readonly Sign[] = [
  (a, b) => a.type === b.type && a.source === b.source,
  (a, b) => a.id !== null && a.id === b.id,
  (a, b) => a.type === b.type && similarity(a.source, b.source) >= 0.5,
];

export function alignCells(
  before: readonly ComparedCell[],
  after: readonly ComparedCell[],
  effort: Effort,
): Pair[] {
  const numbered = <Cell>(cells: readonly Cell[]) => cells.map((cell, at) => ({ cell, at }));
  return align(numbered(before), numbered(after), signs, effort);
}

interface Numbered {
  cell: ComparedCell;
  at: number;
}

function align(
  before: Numbered[],
  after: Numbered[],
  [sign, ...weaker]: readonly Sign[],
  effort: Effort,
): Pair[] {
  if (!sign || before.length === 0 || after.length === 0 || (weaker.length === 0 && isWide(before, after)))
    return [...before.map(({ at }) => [at, null] as const), ...after.map(({ at }) => [null, at] as const)];
  const runs = effort.try((maxEditLength) =>
    diffArrays(before, after, { comparator: (a, b) => sign(a.cell, b.cell), maxEditLength }),
  );
  if (!runs) return align(before, after, weaker, effort);
  const pairs: Pair[] = [];
  let [from, to, gapFrom, gapTo] = [0, 0, 0, 0];
  const fillGap = () => {
    if (gapFrom < from || gapTo < to)
      pairs.push(...align(before.slice(gapFrom, from), after.slice(gapTo, to), weaker, effort));
  };
  for (const { added, removed, count = 0 } of runs) {
    if (added) to += count;
    else if (removed) from += count;
    else {
      fillGap();
      for (let step = 0; step < count; step++)
        pairs.push([before[from + step]?.at ?? null, after[to + step]?.at ?? null]);
      [from, to] = [from + count, to + count];
      [gapFrom, gapTo] = [from, to];
    }
  }
  fillGap();
  return pairs;
}

/** Whether holding every source against every other would read too much. */
function isWide(before: readonly Numbered[], after: readonly Numbered[]): boolean {
  const charsOf = (cells: readonly Numbered[]) =>
    cells.reduce((sum, { cell }) => sum + cell.source.length + 1, 0);
  const chars = before.length * charsOf(after) + after.length * charsOf(before);
  return chars > limits.versions.weakSignCharsMax;
}
