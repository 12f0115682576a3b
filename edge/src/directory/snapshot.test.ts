import { ManualClock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { beforeEach, expect, test } from 'vitest';
import { Snapshot } from './snapshot.ts';

const { snapshotRefreshMs, directoryMsMax } = limits.edge;

let clock: ManualClock;
let source: { value: number; reads: number; failing: boolean; hanging: boolean };
let failures: unknown[];
let behind: Promise<unknown>[];
let snapshot: Snapshot<number>;

beforeEach(() => {
  clock = new ManualClock();
  source = { value: 1, reads: 0, failing: false, hanging: false };
  [failures, behind] = [[], []];
  snapshot = new Snapshot({
    clock,
    name: 'the numbers',
    load: async () => {
      source.reads++;
      if (source.hanging) await new Promise(() => undefined);
      if (source.failing) throw new Error('store down');
      return source.value;
    },
    supersedes: (next, held) => next >= held,
    onFailure: (problem) => failures.push(problem),
  });
});

const get = () => snapshot.get((work) => behind.push(work));

test('is read once and then used while it is young', async () => {
  await get();
  source.value = 2;
  await clock.advance(snapshotRefreshMs - 1);
  expect([await get(), source.reads]).toEqual([1, 1]);
});

test('is used once more when it is due, and read behind that request', async () => {
  await get();
  source.value = 2;
  await clock.advance(snapshotRefreshMs);
  expect(await get()).toBe(1);
  await Promise.all(behind);
  expect(await get()).toBe(2);
});

test('many requests at the time it is due read it once', async () => {
  await get();
  await clock.advance(snapshotRefreshMs);
  await Promise.all(Array.from({ length: 50 }, get));
  expect(source.reads).toBe(2);
});

test('is never older than twice its refresh when it is used: a revocation is everywhere within a minute', async () => {
  await get();
  source.value = 2;
  await clock.advance(2 * snapshotRefreshMs);
  expect(await get()).toBe(2);
  expect(2 * snapshotRefreshMs + directoryMsMax).toBeLessThanOrEqual(60_000);
});

test('keeps the last good value while the store is down, and says so', async () => {
  await get();
  source.failing = true;
  await clock.advance(10 * snapshotRefreshMs);
  expect(await get()).toBe(1);
  expect(failures).toHaveLength(1);
});

test('keeps the last good value when the store hangs', async () => {
  await get();
  source.hanging = true;
  await clock.advance(2 * snapshotRefreshMs);
  const answer = get();
  await clock.advance(directoryMsMax);
  expect(await answer).toBe(1);
});

test('while the store is down requests do not wait for it one after the other, and its return is noticed', async () => {
  await get();
  source.hanging = true;
  await clock.advance(2 * snapshotRefreshMs);
  const first = get();
  await clock.advance(directoryMsMax);
  await first;
  expect(await Promise.all(Array.from({ length: 50 }, get))).toEqual(Array.from({ length: 50 }, () => 1));
  [source.hanging, source.value] = [false, 2];
  await clock.advance(directoryMsMax);
  await get();
  await Promise.all(behind);
  expect(await get()).toBe(2);
});

test('after a failure long ago the store is asked before the value is used again', async () => {
  await get();
  source.failing = true;
  await clock.advance(2 * snapshotRefreshMs);
  await get();
  [source.failing, source.value] = [false, 2];
  await clock.advance(snapshotRefreshMs);
  expect(await get()).toBe(2);
});

test('keeps what it holds when the store offers something older', async () => {
  source.value = 5;
  await get();
  source.value = 4;
  expect(await snapshot.reload()).toBe(5);
});

test('refuses with 503 only when it never had a value', async () => {
  source.failing = true;
  await expect(get()).rejects.toMatchObject({ code: 'store_unavailable', status: 503 });
  source.failing = false;
  expect(await get()).toBe(1);
});

test('a change made here holds although a read that began before it ends after it', async () => {
  const stored = { ids: ['a'], release: () => {} };
  const ids = new Snapshot({
    clock,
    name: 'the ids',
    async load() {
      const read = new Set(stored.ids);
      await new Promise<void>((resolve) => {
        stored.release = resolve;
      });
      return read;
    },
    onFailure: (problem) => failures.push(problem),
  });
  const first = ids.get(() => undefined);
  stored.release();
  await first;
  const overtaken = ids.reload();
  stored.ids.push('b');
  ids.adjust((held) => held.add('b'));
  stored.release();
  expect([...(await overtaken)]).toEqual(['a', 'b']);
  expect([...(await ids.get(() => undefined))]).toEqual(['a', 'b']);
});
