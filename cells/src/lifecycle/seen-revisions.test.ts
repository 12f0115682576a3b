import { newWorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, test } from 'vitest';
import { SeenRevisions } from './seen-revisions.ts';

const random = seededRandom(3);

test('a revision that was acted on is no news, a later one and one of an unknown workspace are', () => {
  const seen = new SeenRevisions();
  const [known, unknown] = [newWorkspaceId(random), newWorkspaceId(random)];
  seen.note(known, 5);
  expect([4, 5, 6].map((revision) => seen.isNews(known, revision))).toEqual([false, false, true]);
  expect(seen.isNews(unknown, 1)).toBe(true);
});

test('what was forgotten for lack of room is news again, the one acted on last is not', () => {
  const seen = new SeenRevisions();
  const [first, last] = [newWorkspaceId(random), newWorkspaceId(random)];
  seen.note(first, 1);
  for (let more = 1; more < limits.lifecycle.revisionsKeptMax; more++) seen.note(newWorkspaceId(random), 1);
  seen.note(last, 1);
  expect([seen.isNews(first, 1), seen.isNews(last, 1)]).toEqual([true, false]);
});
