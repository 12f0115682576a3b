/** What is still to be measured: pure. */
import { type BedName, bedNames } from './bed.ts';
import { type RungName, rungNames, rungs } from './rungs.ts';
import type { Line } from './samples-file.ts';

export type Measured = RungName | 'peer';
export type Counts = Readonly<Record<Measured, number>>;

/** Samples that took another rung, and those that failed, do not count. */
export function missing(wanted: Counts, lines: readonly Line[]): Counts {
  const counts = { ...wanted };
  for (const line of lines) if (counts[line.wanted] > 0 && isGood(line)) counts[line.wanted]--;
  return counts;
}

export const isGood = (line: Line): boolean =>
  'totalMs' in line && (line.wanted === 'peer' || line.taken === rungs[line.wanted].rung);

/** What is measured on one platform; the peer beside each, in equal parts. */
export function ofBed(counts: Counts, bed: BedName): Counts {
  const left = bedNames.slice(bedNames.indexOf(bed)).filter((name) => hasRungs(counts, name)).length;
  const own: Record<Measured, number> = {
    ...counts,
    peer: left === 0 ? counts.peer : Math.ceil(counts.peer / left),
  };
  for (const name of rungNames) if (rungs[name].bed !== bed) own[name] = 0;
  return own;
}

const hasRungs = (counts: Counts, bed: BedName): boolean =>
  rungNames.some((name) => rungs[name].bed === bed && counts[name] > 0);
