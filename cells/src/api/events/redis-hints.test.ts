import { systemClock } from '@cellbook/shared/clock.ts';
import { newUserId } from '@cellbook/shared/ids.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { expect, test } from 'vitest';
import { createTestRedisUrl } from '../../db/test-database.ts';
import { eventually } from '../../testing/eventually.ts';
import { openChangeFeed } from './change-feed.ts';
import { openRedisHints } from './redis-hints.ts';

/** A store that tells nothing, so that whatever is heard came through Redis. */
const silentStore = { subscribe: async () => async () => {} };

test('a change published in one process wakes the followers in another, of that owner alone', async () => {
  const url = await createTestRedisUrl();
  const options = { url, channel: `test:${systemRandom.uuid()}`, log: silentLogger, clock: systemClock };
  const buses = [openRedisHints(options), openRedisHints(options)];
  const feeds = await Promise.all(
    buses.map((bus) => openChangeFeed({ store: silentStore, bus, log: silentLogger })),
  );
  const [here, there] = feeds;
  if (!here || !there) throw new Error('two feeds were opened');
  const [owner, other] = [newUserId(systemRandom), newUserId(systemRandom)];
  let heard = 0;
  let heardByOther = 0;
  there.follow(owner, () => heard++);
  there.follow(other, () => heardByOther++);
  await eventually(() => {
    here.publish(owner);
    return heard;
  }).toBeGreaterThan(0);
  expect(heardByOther).toBe(0);
  for (const bus of buses) bus.close();
});

test('without Redis nothing fails: hints are dropped, and closing is at once', async () => {
  const options = { url: 'redis://127.0.0.1:1', channel: 'c', log: silentLogger, clock: systemClock };
  const bus = openRedisHints(options);
  bus.publish('user');
  expect(bus.isUp()).toBe(false);
  bus.close();
});
