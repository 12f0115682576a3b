import { expect, test } from 'vitest';
import { HeardRequests } from './heard-requests.ts';

const heardOf = (uniques: readonly number[]): HeardRequests => {
  const heard = new HeardRequests();
  for (const unique of uniques) heard.note(BigInt(unique));
  return heard;
};

test('what is missing before a later one was lost, and nothing else', () => {
  expect(heardOf([2, 4, 6, 8, 12, 14]).missingBefore(14n)).toEqual([10n]);
  expect(heardOf([2, 4, 6]).missingBefore(6n)).toEqual([]);
});

test('what is forgotten comes out of turn, and what comes after the marker is not missed', () => {
  expect(heardOf([2, 10, 4, 6, 8]).missingBefore(8n)).toEqual([]);
  expect(heardOf([2, 4, 6, 20]).missingBefore(6n)).toEqual([]);
});

test('what was heard so long ago that it is not remembered is not taken for lost', () => {
  const many = Array.from({ length: 3_000 }, (_, index) => 2 * (index + 1));
  expect(heardOf(many).missingBefore(6_000n)).toEqual([]);
  expect(heardOf([...many, 6_004]).missingBefore(6_004n)).toEqual([6_002n]);
});
