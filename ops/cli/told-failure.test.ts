import { readFileSync, writeFileSync } from 'node:fs';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { expect, test } from 'vitest';
import { originOf } from './settings.ts';
import { jsonIn, keyRefused, toldFailure } from './told-failure.ts';

const thrownBy = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (thrown) {
    return thrown;
  }
};

test('a file that cannot be used is told by its name, in words', () => {
  const missing = toldFailure(thrownBy(() => readFileSync('/nowhere/report.ipynb')));
  expect(missing).toBeInstanceOf(CellbookError);
  expect(missing).toMatchObject({ code: 'bad_request', doing: 'opening /nowhere/report.ipynb' });
  expect(missing).toMatchObject({ problem: 'there is no such file or directory' });
  expect(toldFailure(thrownBy(() => writeFileSync('/nowhere/out.ipynb', '')))).toMatchObject({
    doing: 'opening /nowhere/out.ipynb',
  });
  expect(thrownBy(() => jsonIn('{', 'report.ipynb'))).toMatchObject({ doing: 'reading report.ipynb' });
});

test('what is no failure of a file stays what it was', () => {
  const bug = new TypeError('x is not a function');
  expect(toldFailure(bug)).toBe(bug);
  const refused = new CellbookError('not_found', { doing: 'looking', problem: 'it is not there' });
  expect(toldFailure(refused)).toBe(refused);
});

test('a key that has expired leads to a login, and nothing else does', () => {
  const url = 'http://localhost:8787';
  const expired = new CellbookError('token_expired', {
    doing: 'asking',
    problem: 'it has expired',
    next: 'x',
  });
  expect(keyRefused(expired, url)).toMatchObject({
    code: 'token_expired',
    problem: 'it has expired',
    next: expect.stringContaining(`cellbook login --url ${url}`),
  });
  const away = new CellbookError('forbidden', { doing: 'asking', problem: 'you may not' });
  expect(keyRefused(away, url)).toBe(away);
});

test('an address is of http, with its scheme', () => {
  expect(originOf('http://localhost:8787/open/ws-1')).toBe('http://localhost:8787');
  for (const wrong of ['localhost:8787', 'cellbook', 'ftp://a.example', ''])
    expect(
      thrownBy(() => originOf(wrong)),
      wrong,
    ).toMatchObject({ code: 'bad_request' });
});
