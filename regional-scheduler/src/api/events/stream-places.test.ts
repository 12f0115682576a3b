import { newUserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, it } from 'vitest';
import { StreamPlaces } from './stream-places.ts';

it('so many follow in one process, and the next is told to come again', () => {
  const random = seededRandom(1);
  const places = new StreamPlaces();
  const [first, late] = [newUserId(random), newUserId(random)];
  places.take(first);
  for (let open = 1; open < limits.jobs.eventStreamsMax; open++) {
    places.assertRoom(late);
    places.take(newUserId(random));
  }
  expect(() => places.assertRoom(late)).toThrow(expect.objectContaining({ code: 'capacity_exhausted' }));
  places.leave(first);
  places.assertRoom(late);
});
