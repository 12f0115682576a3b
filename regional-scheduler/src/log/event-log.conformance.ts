/** What every log does, whatever it is kept in. */
import { systemClock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { expect, test } from 'vitest';
import type { LeaderStore } from '../leader/leader-store.ts';
import { jobNumber, released, succeeded } from '../testing/events.ts';
import { appendSurely } from './append-surely.ts';
import type { Batch, EventLog, LogEntry } from './event-log.ts';

export interface LogBed {
  log: EventLog;
  leader: LeaderStore;
}

const entries = (...numbers: number[]): LogEntry[] => numbers.map((number) => ({ event: released(number) }));
const never = new AbortController().signal;

export function eventLogConformance(open: () => Promise<LogBed>): void {
  async function led(): Promise<LogBed & { epoch: number }> {
    const bed = await open();
    const epoch = await bed.leader.acquire({ holder: 'a', url: 'http://a', ttlMs: 60_000 });
    return { ...bed, epoch: epoch ?? -1 };
  }

  test('gives back what was appended, in order, page by page, with whose it is', async () => {
    const { log, epoch } = await led();
    expect(await log.lastSeq()).toBe(0);
    await log.append({ epoch, firstSeq: 1, entries: entries(1, 2, 3) });
    await log.append({ epoch, firstSeq: 4, entries: entries(4) });
    expect(await log.lastSeq()).toBe(4);
    const pages = [await log.read(0, 3), await log.read(3, 3), await log.read(4, 3)];
    expect(pages.map((page) => page.map(({ seq, epoch, event }) => [seq, epoch, event]))).toEqual([
      [1, 2, 3].map((number) => [number, epoch, released(number)]),
      [[4, epoch, released(4)]],
      [],
    ]);
  });

  test('numbers come in the order of numbers, not of digits', async () => {
    const { log, epoch } = await led();
    const numbers = Array.from({ length: 12 }, (_, index) => index + 1);
    await log.append({ epoch, firstSeq: 1, entries: numbers.map(() => ({ event: released(7) })) });
    expect((await log.read(1, 10)).map(({ seq }) => seq)).toEqual(numbers.slice(1, 11));
    expect((await log.eventsOf([jobNumber(7)])).map(({ seq }) => seq)).toEqual(numbers);
  });

  test('keeps beside an event which arrival it took in', async () => {
    const { log, epoch } = await led();
    const arrival = { stream: 'asks', xid: 7_000_000_000, position: 3 } as const;
    await log.append({ epoch, firstSeq: 1, entries: [{ event: released(1), arrival }, ...entries(2)] });
    const [first, second] = await log.read(0, 2);
    expect(first?.arrival).toEqual(arrival);
    expect(second).not.toHaveProperty('arrival');
  });

  test('refuses an epoch older than the leader’s, and writes nothing of it', async () => {
    const { log, leader, epoch } = await led();
    await log.append({ epoch, firstSeq: 1, entries: entries(1) });
    await leader.release('a', epoch);
    const newer = await leader.acquire({ holder: 'b', url: 'http://b', ttlMs: 60_000 });
    const late = log.append({ epoch, firstSeq: 2, entries: entries(2, 3) });
    await expect(late).rejects.toMatchObject({ code: 'stale_epoch' });
    expect(await log.lastSeq()).toBe(1);
    await log.append({ epoch: newer ?? -1, firstSeq: 2, entries: entries(4) });
    expect((await log.read(1, 9)).map(({ event }) => event)).toEqual([released(4)]);
  });

  test('refuses an epoch that nobody was given, and everybody before there is a leader', async () => {
    const { log } = await open();
    const append = log.append({ epoch: 1, firstSeq: 1, entries: entries(1) });
    await expect(append).rejects.toMatchObject({ code: 'stale_epoch' });
    const { log: other, epoch } = await led();
    const ahead = other.append({ epoch: epoch + 1, firstSeq: 1, entries: entries(1) });
    await expect(ahead).rejects.toMatchObject({ code: 'stale_epoch' });
  });

  test('refuses a batch that leaves a gap, overlaps, or comes twice', async () => {
    const { log, epoch } = await led();
    await log.append({ epoch, firstSeq: 1, entries: entries(1, 2) });
    for (const firstSeq of [1, 2, 4])
      await expect(log.append({ epoch, firstSeq, entries: entries(9) })).rejects.toMatchObject({
        code: 'conflict',
      });
    expect(await log.lastSeq()).toBe(2);
  });

  test('of two appends at once with the same numbers one is written', async () => {
    const { log, epoch } = await led();
    const both = await Promise.allSettled([
      log.append({ epoch, firstSeq: 1, entries: entries(1, 2) }),
      log.append({ epoch, firstSeq: 1, entries: entries(3, 4) }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await log.lastSeq()).toBe(2);
  });

  test('finds a job’s events, those after one, and those of several jobs', async () => {
    const { log, epoch } = await led();
    const ended = succeeded(2);
    await log.append({ epoch, firstSeq: 1, entries: entries(1, 2) });
    await log.append({ epoch, firstSeq: 3, entries: ended.map((event) => ({ event })) });
    const found = await log.eventsOf([jobNumber(2)]);
    expect(found.map(({ seq, event }) => [seq, event.type])).toEqual([
      [2, 'job_released'],
      [3, 'attempt_ended'],
      [4, 'job_ended'],
    ]);
    expect((await log.eventsOf([jobNumber(1), jobNumber(2)], 2)).map(({ seq }) => seq)).toEqual([3, 4]);
  });

  test('a batch whose answer is lost is found again, not doubled', async () => {
    const { log, epoch } = await led();
    const forgetful = unreliable(log, { writes: true });
    await appendSurely(forgetful, { epoch, firstSeq: 1, entries: entries(1, 2) }, tools());
    expect((await log.read(0, 9)).map(({ event }) => event)).toEqual([released(1), released(2)]);
  });

  test('a batch that was not written is written when the store is back', async () => {
    const { log, epoch } = await led();
    const away = unreliable(log, { writes: false });
    await appendSurely(away, { epoch, firstSeq: 1, entries: entries(1, 2) }, tools());
    expect(await log.lastSeq()).toBe(2);
  });

  test('numbers that are taken without ours having been asked for are a conflict', async () => {
    const { log, epoch } = await led();
    await log.append({ epoch, firstSeq: 1, entries: entries(1) });
    const twice = appendSurely(log, { epoch, firstSeq: 1, entries: entries(2) }, tools());
    await expect(twice).rejects.toMatchObject({ code: 'conflict' });
  });

  test('a batch that may have been written before another led is refused, not repeated', async () => {
    const { log, leader, epoch } = await led();
    const taken: EventLog = {
      ...log,
      append: async (batch) => {
        await unreliable(log, { writes: false })
          .append(batch)
          .catch(() => {});
        await leader.release('a', epoch);
        await leader.acquire({ holder: 'b', url: 'http://b', ttlMs: 60_000 });
        return log.append(batch);
      },
    };
    const append = appendSurely(taken, { epoch, firstSeq: 1, entries: entries(1) }, tools());
    await expect(append).rejects.toMatchObject({ code: 'stale_epoch' });
    expect(await log.lastSeq()).toBe(0);
  });

  const tools = () => ({ clock: systemClock, signal: never });
}

/** Fails the first append as a store does that goes away in the middle: with the batch written, or not. */
function unreliable(log: EventLog, { writes }: { writes: boolean }): EventLog {
  let isFirst = true;
  return {
    ...log,
    async append(batch: Batch) {
      if (!isFirst) return log.append(batch);
      isFirst = false;
      if (writes) await log.append(batch);
      throw new CellbookError('store_unavailable', { doing: 'appending', problem: 'it went away' });
    },
  };
}
