import { ManualClock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { expect, test } from 'vitest';
import { createSignInGate } from './sign-in-gate.ts';

const { signInsPerMinuteMax, countMsMax, countShards } = limits.edge;
const clock = new ManualClock(1_800_000_000_000);

test('an address is counted in one place, whichever isolate it comes to', async () => {
  const asked: [number, string][] = [];
  const counts = (shard: number) => ({
    async enter(key: string) {
      asked.push([shard, key]);
      return asked.length > 2 ? 7_000 : null;
    },
  });
  const [one, other] = [createSignInGate({ clock, counts }), createSignInGate({ clock, counts })];
  await one.enter('192.0.2.1');
  await other.enter('192.0.2.1');
  await expect(one.enter('192.0.2.1')).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: 7_000 });
  expect(new Set(asked.map((each) => JSON.stringify(each))).size).toBe(1);
  expect(asked[0]?.[0]).toBeLessThan(countShards);
});

test('where the place cannot be reached nobody is kept out but by what the isolate itself has counted', async () => {
  const failing = createSignInGate({
    clock,
    counts: () => ({ enter: () => Promise.reject(new Error('away')) }),
  });
  for (let count = 0; count < signInsPerMinuteMax; count++) await failing.enter('192.0.2.1');
  await expect(failing.enter('192.0.2.1')).rejects.toMatchObject({ code: 'rate_limited' });
  await failing.enter('192.0.2.2');
});

test('a place that does not answer is waited for so long and no longer', async () => {
  const silent = createSignInGate({ clock, counts: () => ({ enter: () => new Promise(() => {}) }) });
  let entered = false;
  const entering = silent.enter('192.0.2.1').then(() => {
    entered = true;
  });
  await clock.advance(countMsMax - 1);
  expect(entered).toBe(false);
  await clock.advance(1);
  await entering;
});

test('who comes from nowhere known is not counted', async () => {
  const gate = createSignInGate({
    clock,
    counts: () => ({ enter: () => Promise.reject(new Error('asked')) }),
  });
  await gate.enter(null);
  await gate.enter('');
});
