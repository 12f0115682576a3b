/** Line by line, by Myers' algorithm (jsdiff), with a bound: two texts that have little in common are not compared for minutes. */
import type { Lines } from '@cellbook/shared/protocol/versions-api.ts';
import { diffLines as compare } from 'diff';
import type { Effort } from './effort.ts';

export function diffLines(before: string, after: string, effort: Effort): Lines {
  const found = effort.try((maxEditLength) => compare(before, after, { maxEditLength }));
  // Beyond the bound the honest answer is that one text took the other's place.
  if (!found) return [...all('removed', before), ...all('added', after)];
  return found.map(({ added, removed, value }) => ({
    op: added ? 'added' : removed ? 'removed' : 'same',
    text: value,
  }));
}

export const all = (op: 'added' | 'removed', text: string): Lines => (text === '' ? [] : [{ op, text }]);

/** How much of two texts is the same, from 0 to 1: twice the characters of their common lines over all. */
export function similarity(before: string, after: string): number {
  const total = before.length + after.length;
  if (total === 0) return 1;
  const left = new Map<string, number>();
  for (const line of before.split('\n')) left.set(line, (left.get(line) ?? 0) + 1);
  let common = 0;
  for (const line of after.split('\n')) {
    const times = left.get(line) ?? 0;
    if (times === 0) continue;
    left.set(line, times - 1);
    common += line.length + 1;
  }
  return (2 * common) / (total + 2);
}
