import { CellbookError } from '@cellbook/shared/errors.ts';
import { asStoreOutage, toCellError } from '@cellbook/shared/store-outage.ts';
import type postgres from 'postgres';
import { expect, test } from 'vitest';
import { openDatabase } from './database.ts';
import { createTestDatabase } from './test-database.ts';

const coded = (code: string) => Object.assign(new Error('what it says'), { code });
const wrapped = (code: string) => new Error('Failed query', { cause: coded(code) });

test.each([
  '53100',
  '57P01',
  '57014',
  '08006',
  '58030',
  'CONNECTION_CLOSED',
  'ECONNREFUSED',
  'CONNECT_TIMEOUT',
])('an outage (%s) is a typed 503 that says nothing was lost, however it is wrapped', (code) => {
  for (const thrown of [coded(code), wrapped(code)])
    expect(toCellError(thrown, 'reading a row')).toMatchObject({
      ...{ code: 'store_unavailable', status: 503, doing: 'reading a row', cause: thrown },
      retryAfterMs: expect.any(Number),
    });
});

test.each(['23505', '42P01', '22P02', '5310', 'ENOENT', 'ERR_X'])(
  'a bug or a conflict (%s) is none',
  (code) => {
    expect(asStoreOutage(wrapped(code), 'reading a row')).toBeNull();
    expect(toCellError(wrapped(code), 'reading a row').code).toBe('internal');
  },
);

test('what is typed already stays what it is, whatever caused it', () => {
  const typed = new CellbookError('conflict', { doing: 'a', problem: 'b', cause: coded('57P01') });
  expect(toCellError(typed, 'reading a row')).toBe(typed);
});

test('a real server that ends the connection, or is not there, is known for it', async () => {
  const { database, drop } = await createTestDatabase();
  const ended = database.$client`select pg_terminate_backend(pg_backend_pid())`;
  const thrown: unknown = await ended.then(
    () => null,
    (error: unknown) => error,
  );
  expect(asStoreOutage(thrown, 'asking')).toMatchObject({ code: 'store_unavailable' });
  await drop();
  const nowhere = openDatabase('postgres://nobody@127.0.0.1:1/none', { connectionsMax: 1 });
  const refused: unknown = await nowhere.execute('select 1').then(
    () => null,
    (error: unknown) => error,
  );
  expect(asStoreOutage(refused, 'asking')).toMatchObject({ code: 'store_unavailable' });
  await (nowhere.$client as postgres.Sql).end({ timeout: 1 });
});
