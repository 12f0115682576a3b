import { expect, test } from 'vitest';
import { ManualClock, sleep, systemClock } from './clock.ts';

test('a manual clock fires timers in order of their due time and stands still otherwise', async () => {
  const clock = new ManualClock(1_000);
  const fired: Array<[string, number]> = [];
  clock.setTimer(30, () => fired.push(['late', clock.nowMs()]));
  clock.setTimer(10, () => {
    fired.push(['early', clock.nowMs()]);
    clock.setTimer(5, () => fired.push(['nested', clock.nowMs()]));
  });
  await clock.advance(29);
  expect(fired).toEqual([
    ['early', 1_010],
    ['nested', 1_015],
  ]);
  await clock.advance(1);
  expect(fired.at(-1)).toEqual(['late', 1_030]);
});

test('a cancelled timer never fires, and cancelling twice is harmless', async () => {
  const clock = new ManualClock();
  const timer = clock.setTimer(1, () => expect.unreachable());
  timer.cancel();
  timer.cancel();
  await clock.advance(10);
  expect(clock.nextDueMs()).toBeNull();
});

test('sleep ends early with the reason of its signal, and leaves no timer', async () => {
  const clock = new ManualClock();
  const controller = new AbortController();
  const slept = sleep(clock, 1_000, controller.signal);
  controller.abort(new Error('enough'));
  await expect(slept).rejects.toThrow('enough');
  expect(clock.nextDueMs()).toBeNull();
});

test('sleep with a signal already aborted rejects at once', async () => {
  await expect(sleep(new ManualClock(), 1, AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
});

test('the system clock waits and never runs backwards', async () => {
  const before = systemClock.monotonicMs();
  await sleep(systemClock, 1);
  expect(systemClock.monotonicMs()).toBeGreaterThan(before);
});
