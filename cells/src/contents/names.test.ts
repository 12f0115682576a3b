import { expect, test } from 'vitest';
import { parseRange } from './byte-range.ts';
import { guessMediaType } from './media-types.ts';
import { isoTime } from './model.ts';
import { numberedName, originalName } from './names.ts';

test.each([
  ['Untitled.ipynb', '', 'Untitled1.ipynb'],
  ['a.b.ipynb', '-Copy', 'a.b-Copy1.ipynb'],
  ['a.tar.gz', '-Copy', 'a-Copy1.tar.gz'],
  ['Untitled Folder', ' ', 'Untitled Folder 1'],
  ['untitled', '', 'untitled1'],
])('the next name after %s is numbered where jupyter_server does it', (name, insert, next) => {
  expect(numberedName(name, insert, 0)).toBe(name);
  expect(numberedName(name, insert, 1)).toBe(next);
});

test('the copy of a copy is named after the original', () => {
  expect(originalName('a-Copy12.txt')).toBe('a.txt');
  expect(originalName('a-Copy')).toBe('a-Copy');
});

test.each([
  ['a.tar.gz', 'application/x-tar', 'gzip'],
  ['a.tgz', 'application/x-tar', 'gzip'],
  ['a.TXT', 'text/plain', null],
  ['.png', null, null],
  ['README', null, null],
  ['a.foo', null, null],
  ['a.foo.bz2', null, 'bzip2'],
])('the media type of %s is %s', (name, type, encoding) => {
  expect(guessMediaType(name)).toEqual({ type, encoding });
});

test.each([
  ['bytes=0-0', { start: 0, end: 1 }],
  ['bytes=5-', { start: 5, end: 10 }],
  ['bytes=-3', { start: 7, end: 10 }],
  ['bytes=-99', { start: 0, end: 10 }],
  ['bytes=2-99', { start: 2, end: 10 }],
  ['bytes=10-', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=5-2', null],
  ['bytes=0-1,3-4', null],
  ['bytes=-', null],
  ['lines=1-2', null],
  [undefined, null],
] as const)('of ten bytes %s asks for %j', (header, range) => {
  expect(parseRange(header, 10)).toEqual(range);
});

test('times have microseconds, and one outside the calendar is the epoch', () => {
  expect(isoTime(1_750_000_000_123.456)).toBe('2025-06-15T15:06:40.123456Z');
  expect(isoTime(1_750_000_000_000)).toBe('2025-06-15T15:06:40Z');
  expect(isoTime(9e20)).toBe('1970-01-01T00:00:00Z');
});
