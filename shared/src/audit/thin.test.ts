import { expect, test } from 'vitest';
import { limits } from '../limits.ts';
import { superfluous, type TimedStatement } from './thin.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const nowMs = 20_000 * dayMs;
const checkpoint = (seq: number, ageMs: number): TimedStatement => ({
  kind: 'checkpoint',
  seq,
  atMs: nowMs - ageMs,
});
const kept = (all: TimedStatement[], atMs = nowMs) => {
  const gone = new Set(superfluous(all, atMs));
  return all.filter((one) => !gone.has(one));
};
/** One each half minute, three rows each. */
const many = (days: number) =>
  Array.from({ length: days * 2_880 }, (_, nth) => checkpoint(3 * nth + 3, days * dayMs - nth * 30_000));

test('of the last day all stay, of a month one an hour, then one a day; and the newest always', () => {
  const all = many(40);
  const stay = kept(all);
  const ages = stay.map(({ atMs }) => nowMs - atMs);
  const between = (fromMs: number, toMs: number) => ages.filter((age) => age > fromMs && age <= toMs).length;
  expect(between(0, limits.audit.statementsWholeMs)).toBe(2_880);
  // Every 1,000 rows one more: 8,640 rows a day.
  expect(between(dayMs, 30 * dayMs)).toBeLessThanOrEqual(29 * (24 + 9));
  expect(between(30 * dayMs, 40 * dayMs)).toBeLessThanOrEqual(10 * (2 + 9));
  expect(between(30 * dayMs, 40 * dayMs)).toBeGreaterThanOrEqual(10);
  expect(stay.at(-1)).toBe(all.at(-1));
  expect(kept([checkpoint(1, 3_000 * dayMs)])).toHaveLength(1);
});

test('between two that stay lie fewer rows than one removal takes', () => {
  const stay = kept(many(40));
  const gaps = stay.map(({ seq }, nth) => seq - (stay[nth - 1]?.seq ?? 0));
  expect(Math.max(...gaps)).toBeLessThan(limits.audit.edgeRemoveRowsMax);
});

test('behind a removal nothing stays but the newest one', () => {
  const removal = (seq: number): TimedStatement => ({ kind: 'removal', seq, atMs: nowMs });
  const all = [
    checkpoint(5, 0),
    removal(5),
    checkpoint(7, 0),
    removal(8),
    checkpoint(8, 0),
    checkpoint(9, 0),
  ];
  expect(kept(all)).toEqual([all[3], all[5]]);
});

test('what is needed is the same in the middle of a thinning as before it, and later no more', () => {
  const all = many(3);
  const first = kept(all);
  const half = all.filter((one, nth) => nth % 2 === 0 || first.includes(one));
  expect(kept(half)).toEqual(first);
  const later = nowMs + 5 * dayMs;
  expect(kept(first, later)).toEqual(kept(all, later));
});
