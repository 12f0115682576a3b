import { systemClock } from '@cellbook/shared/clock.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMemoryLeaderStore } from '../leader/memory-leader-store.ts';
import { createPostgresLeaderStore } from '../leader/postgres-leader-store.ts';
import { released } from '../testing/events.ts';
import { createSchedulerTestDatabase, type SchedulerTestDatabase } from '../testing/test-database.ts';
import { eventLogConformance } from './event-log.conformance.ts';
import { createMemoryEventLog } from './memory-event-log.ts';
import { dropPartitions, ensurePartitions } from './partitions.ts';
import { createPostgresEventLog } from './postgres-event-log.ts';

describe('in memory', () => {
  eventLogConformance(async () => {
    const leader = createMemoryLeaderStore(systemClock);
    return { leader, log: createMemoryEventLog(leader.epoch) };
  });
});

describe('in Postgres', () => {
  let bed: SchedulerTestDatabase;
  beforeAll(async () => {
    bed = await createSchedulerTestDatabase();
  });
  afterAll(() => bed.drop());

  async function open() {
    await bed.database.$client`truncate events, leader`;
    return { log: createPostgresEventLog(bed.database), leader: createPostgresLeaderStore(bed.database) };
  }
  eventLogConformance(open);

  test('an append under way is waited for by who takes over, and refused where it comes after', async () => {
    const { log, leader } = await open();
    const epoch = (await leader.acquire({ holder: 'a', url: '', ttlMs: 0 })) ?? -1;
    const race = await Promise.allSettled([
      log.append({ epoch, firstSeq: 1, entries: [{ event: released(1) }] }),
      leader.acquire({ holder: 'b', url: '', ttlMs: 60_000 }),
    ]);
    // Whichever came first, the new leader reads everything that was written, and nothing comes after.
    const seen = await log.lastSeq();
    expect(seen).toBe(race[0].status === 'fulfilled' ? 1 : 0);
    const late = log.append({ epoch, firstSeq: seen + 1, entries: [{ event: released(2) }] });
    await expect(late).rejects.toMatchObject({ code: 'stale_epoch' });
  });

  test('partitions are there before they are needed, and go when they are covered, read, old and not the last', async () => {
    const { log, leader } = await open();
    const own = { partitionEvents: 1_000_000_000 };
    const epoch = (await leader.acquire({ holder: 'a', url: '', ttlMs: 60_000 })) ?? -1;
    await log.append({ epoch, firstSeq: 1, entries: [{ event: released(1) }] });
    const { database } = bed;
    await database.$client`drop table events_1`;
    await ensurePartitions(database, 1);
    await ensurePartitions(database, 1);
    const [next] = await database.$client<{ name: string }[]>`select to_regclass('events_1')::text as name`;
    expect(next?.name).toBe('events_1');
    const always = { snapshotSeq: Number.MAX_SAFE_INTEGER, lastSeq: Number.MAX_SAFE_INTEGER };
    const readUpTo = (seq: number) => database.$client`
      insert into log_cursors values ('job_ends', ${seq}) on conflict (name) do update set seq = excluded.seq`;
    expect(await dropPartitions(database, { ...always, beforeMs: 1e15 })).toEqual([]);
    await readUpTo(1);
    expect(await dropPartitions(database, { ...always, beforeMs: 1e15 })).toEqual([]);
    await readUpTo(2_000_000_000);
    expect(await dropPartitions(database, { ...always, snapshotSeq: 1, beforeMs: 1e15 })).toEqual([]);
    expect(await dropPartitions(database, { ...always, lastSeq: 1, beforeMs: 1e15 })).toEqual([]);
    expect(await dropPartitions(database, { ...always, beforeMs: 1 })).toEqual([]);
    expect(await dropPartitions(database, { ...always, beforeMs: 1e15 }, own)).toEqual([0, 1]);
    await ensurePartitions(database, 0);
  });
});
