import { environmentSchema as shared } from '@cellbook/shared/protocol/environment-api.ts';
import { expect, test } from 'vitest';
import { environmentOffers, environmentSchema, environmentSummary, inWords } from './environment-words.ts';

const installed = {
  ...{ digest: 'abcdef0123456789'.repeat(4), state: 'ready', problem: null, files: 40, bytes: 5 * 1024 ** 2 },
  packages: [{ name: 'cowsay', version: '6.1', record: null, url: null }],
  ...{ storedAt: '2026-03-01T10:00:00.000Z', previous: null },
} as const;
const nothing = { ...installed, digest: null, bytes: 0, packages: [], storedAt: null };
const read = (value: unknown) => environmentSchema.parse(shared.parse(value));
const time = () => 'at ten';

test('says how many packages there are, how large they are, in which layer and since when', () => {
  const said = environmentSummary(read(installed), time).join(' ');
  expect(said).toContain('1 package, 5 MiB, kept as layer abcdef012345.');
  expect(said).toContain('Stored at ten');
});

test('says so where nothing is installed, and offers nothing', () => {
  expect(environmentSummary(read(nothing), time)[0]).toMatch(/^Nothing is installed/);
  expect(environmentOffers(read(nothing))).toEqual([]);
});

test('says what is wrong with it', () => {
  const failed = { ...installed, state: 'failed', problem: 'the index does not answer' };
  expect(environmentSummary(read(failed), time).join(' ')).toContain('(the index does not answer)');
});

test('a reset and a way back are asked for, each with what it does', () => {
  const previous = { digest: null, packages: 3, storedAt: installed.storedAt };
  const offers = environmentOffers(read({ ...installed, previous }));
  expect(offers.map(({ to }) => to)).toEqual(['empty', 'previous']);
  for (const { question } of offers) expect(question).toContain('No file is touched');
});

test('sizes are read in the unit that fits', () => {
  expect([inWords(1), inWords(1024 ** 2), inWords(3 * 1024 ** 3)]).toEqual(['1 KiB', '1 MiB', '3.0 GiB']);
});
