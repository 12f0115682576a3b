import { expect, test } from 'vitest';
import { fallenDays, thinOut } from './file-versions.ts';

const day = 24 * 3_600_000;
const at = (days: number, hours = 0) => `${Date.UTC(2026, 0, 1 + days, hours)}:user-a`;
const plan = { recent: 3, dailyMs: 30 * day };
const now = Date.UTC(2026, 0, 41);

test('of each day the last one stays, whatever order they come in', () => {
  expect(fallenDays([at(38, 9), at(38, 17), at(39, 1), at(38, 12)], now, plan)).toEqual([
    at(38, 9),
    at(38, 12),
  ]);
});

test('what is older than the plan goes, also the last of its day', () => {
  expect(fallenDays([at(0), at(9), at(10), at(39)], now, plan)).toEqual([at(0), at(9)]);
});

const hour = 3_600_000;
const save = (author: string | null = 'user-a', recent = 5) => ({ savedMs: now, author, plan: { recent } });
const ago = (hours: number, author = 'user-a') => `${now - hours * hour}:${author}`;

test('while there is room nothing gives way', () => {
  expect(thinOut([ago(3), ago(2), ago(1)], save())).toEqual({ dropped: [], fallen: [] });
});

test('when it is full, saves older than an hour give way to the last of their hour, the oldest first', () => {
  const names = [ago(5.9), ago(5.5), ago(4.9), ago(4.8), ago(4.7)];
  expect(thinOut(names, save())).toEqual({ dropped: [ago(5.9)], fallen: [] });
  expect(thinOut(names, save('user-a', 3))).toEqual({ dropped: [ago(5.9), ago(4.9), ago(4.8)], fallen: [] });
});

test('saves of the last hour are never thinned out: what is oldest falls to the days instead', () => {
  const names = [ago(30), ago(0.5), ago(0.4), ago(0.3), ago(0.2)];
  expect(thinOut(names, save())).toEqual({ dropped: [], fallen: [ago(30)] });
});

test('a day of saves every two minutes leaves all of the last hour and one of each hour before, in a hundred', () => {
  let names: string[] = [];
  for (let minute = 12 * 60; minute >= 0; minute -= 2) {
    const savedMs = now - minute * 60_000;
    const { dropped, fallen } = thinOut(names, { savedMs, author: 'user-a', plan: { recent: 100 } });
    names = names.filter((name) => ![...dropped, ...fallen].includes(name));
    names.push(`${savedMs}:user-a`);
    expect(fallen).toEqual([]);
    expect(names.length).toBeLessThanOrEqual(100);
  }
  const hours = new Set(names.map((name) => Math.floor((now - Number(name.split(':')[0])) / hour)));
  expect([...hours].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
});

test('what the platform writes again and again is one version, until somebody saves', () => {
  expect(thinOut([ago(2), ago(1, '')], save(null)).dropped).toEqual([ago(1, '')]);
  expect(thinOut([ago(2, ''), ago(1)], save(null)).dropped).toEqual([]);
  expect(thinOut([ago(2), ago(1, '')], save('user-b')).dropped).toEqual([]);
});
