import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestRedisUrl } from '@cellbook/ops/test/database.ts';
import { startFailingRedis } from '@cellbook/ops/test/failing-stores.ts';
import { ManualClock, systemClock } from '@cellbook/shared/clock.ts';
import { newOrgId, newUserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { seededRandom, systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRedis } from '../api/open-redis.ts';
import { eventually } from '../testing/eventually.ts';
import { createSchedulerTestDatabase, type SchedulerTestDatabase } from '../testing/test-database.ts';
import { memoryRates } from './memory-rates.ts';
import { postgresRates } from './postgres-rates.ts';
import { degradingRates, type Rates, rulesOf } from './rates.ts';
import { redisRates } from './redis-rates.ts';
import { take } from './token-bucket.ts';

/** Slow enough that no test is so slow that a token comes back. */
const rules = (burst: number, other = 1_000) => [
  { name: `organisation/${newOrgId(systemRandom)}`, burst, perSecond: 0.001 },
  { name: `user/${newUserId(systemRandom)}`, burst: other, perSecond: 0.001 },
];

function describeRates(name: string, open: () => Rates): void {
  describe(name, () => {
    it('grants up to what the poorest bucket has, and says whose it is and how long until one more', async () => {
      const of = rules(5);
      expect(await open().take(of, 3)).toEqual({ granted: 3, short: null, waitMs: 0 });
      const second = await open().take(of, 4);
      expect(second).toMatchObject({ granted: 2, short: of[0]?.name });
      expect(second.waitMs).toBeGreaterThan(900_000);
      expect(await open().take(of, 1)).toMatchObject({ granted: 0, short: of[0]?.name });
    });

    it('takes nothing from one bucket where another has none', async () => {
      const [poor, rich] = rules(1, 5) as [ReturnType<typeof rules>[0], ReturnType<typeof rules>[0]];
      await open().take([poor], 1);
      expect(await open().take([poor, rich], 5)).toMatchObject({ granted: 0, short: poor.name });
      expect(await open().take([rich], 5)).toMatchObject({ granted: 5 });
    });

    it('grants no more to many at once than to one after the other', async () => {
      const of = rules(50);
      const taken = await Promise.all(Array.from({ length: 20 }, () => open().take(of, 7)));
      expect(taken.reduce((sum, { granted }) => sum + granted, 0)).toBe(50);
    });
  });
}

let test: SchedulerTestDatabase;
let redis: ReturnType<typeof openRedis>;
const onRedis = (client: typeof redis): Rates => {
  const rates = redisRates({ client, prefix: 'test/', clock: systemClock });
  return rates;
};
beforeAll(async () => {
  test = await createSchedulerTestDatabase();
  redis = openRedis(await createTestRedisUrl(), silentLogger);
  await eventually('Redis is reached', () => redis.isReady);
});
afterAll(async () => {
  redis?.destroy();
  await test?.drop();
});

const still = new ManualClock();
describeRates('rates in memory', () => kept);
const kept = memoryRates(still);
describeRates('rates in Postgres', () => postgresRates(test.database, still));
describeRates('rates in Redis', () => onRedis(redis));

it('gives a bucket back what it has lost, by time, and never more than its burst', () => {
  const random = seededRandom(3);
  for (let run = 0; run < 200; run++) {
    const rule = { name: 'one', burst: 1 + random.int(50), perSecond: 1 + random.int(20) };
    let [bucket, nowMs, granted] = [undefined as Parameters<typeof take>[0][number], 0, 0];
    for (let step = 0; step < 30; step++) {
      nowMs += random.int(500);
      const taken = take([bucket], [rule], random.int(10), nowMs);
      bucket = taken.after[0];
      granted += taken.granted;
      expect(granted).toBeLessThanOrEqual(rule.burst + (nowMs * rule.perSecond) / 1_000 + 1e-6);
      if (taken.short === null) continue;
      expect(take([bucket], [rule], 1, nowMs + taken.waitMs).granted).toBe(1);
    }
  }
});

it('counts in Postgres while Redis is stopped, and in Redis again when it is back', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'cellbook-rates-'));
  const own = await startFailingRedis(directory);
  const client = openRedis(own.url, silentLogger);
  const clock = new ManualClock();
  let degraded = 0;
  const fallback = postgresRates(test.database, clock);
  const rates = degradingRates({
    ...{ first: onRedis(client), fallback, clock, log: silentLogger, degraded: () => degraded++ },
  });
  try {
    await eventually('Redis is reached', () => client.isReady);
    const [one, two] = [rules(2), rules(2)];
    expect(await rates.take(one, 1)).toMatchObject({ granted: 1 });
    await own.stop();
    expect(await rates.take(two, 3)).toMatchObject({ granted: 2 });
    expect(await rates.take(two, 1)).toMatchObject({ granted: 0 });
    expect(degraded).toBe(1);
    await own.start();
    await eventually('Redis is reached again', () => client.isReady);
    await clock.advance(limits.jobs.rateRedisRestMs);
    // What Postgres counted stays there: the bucket in Redis is full.
    expect(await rates.take(two, 2)).toMatchObject({ granted: 2 });
    expect(degraded).toBe(1);
  } finally {
    client.destroy();
    await own.stop();
    await rm(directory, { recursive: true, force: true });
  }
}, 60_000);

it('names the buckets of tier, organisation and user, the same user’s in two organisations apart', () => {
  const random = seededRandom(4);
  const [user, one, two] = [newUserId(random), newOrgId(random), newOrgId(random)];
  const names = [...rulesOf('paid', one, user), ...rulesOf('paid', two, user)].map(({ name }) => name);
  expect(new Set(names).size).toBe(5);
});
