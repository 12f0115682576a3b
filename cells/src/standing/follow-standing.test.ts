import { ManualClock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../testing/eventually.ts';
import { type FollowedStanding, followStanding } from './follow-standing.ts';

/** Three facts, told one at a time. */
const newest = 3;
let clock: ManualClock;
let upTo: number;
let asked: number[];
let sweeps: number;
let isDown: boolean;
let followed: FollowedStanding;

beforeEach(() => {
  [clock, upTo, asked, sweeps, isDown] = [new ManualClock(), 0, [], 0, false];
});
afterEach(() => followed.close());

const follow = (canAsk = true) => {
  followed = followStanding({
    ...{ clock, log: silentLogger },
    standing: {
      upTo: () => upTo,
      sweep: () => void sweeps++,
      learn(told) {
        upTo = Math.max(upTo, told.upTo);
        return { more: upTo < newest };
      },
    },
    ask: canAsk
      ? async (after) => {
          asked.push(after);
          if (isDown) throw new Error('down');
          return toldUpTo(Math.min(after + 1, newest));
        }
      : null,
  });
};
const toldUpTo = (to: number) => ({ after: 0, upTo: to, more: false, facts: [] });
const nextRound = () => clock.advance(limits.standing.askEveryMs);

test('asks for everything at its start, and for what is new at every interval', async () => {
  follow();
  await eventually(() => asked).toEqual([0, 1, 2]);
  await nextRound();
  await eventually(() => asked).toEqual([0, 1, 2, 3]);
  expect(sweeps).toBe(2);
});

test('asks again where the edge did not answer, and sweeps all the same', async () => {
  isDown = true;
  follow();
  await eventually(() => asked).toEqual([0]);
  await nextRound();
  await eventually(() => asked).toEqual([0, 0]);
  isDown = false;
  await nextRound();
  await eventually(() => asked).toEqual([0, 0, 0, 1, 2]);
  expect(sweeps).toBe(3);
});

test('asks at once where there is more than came by itself, and once for many such calls', async () => {
  [upTo, isDown] = [newest, true];
  follow();
  await eventually(() => asked).toEqual([newest]);
  followed.askNow();
  followed.askNow();
  await eventually(() => asked).toEqual([newest, newest]);
});

test('one that promises more and tells nothing is not asked in a loop', async () => {
  upTo = newest - 1;
  followed = followStanding({
    ...{ clock, log: silentLogger, ask: async () => toldUpTo(asked.push(0)) },
    standing: { upTo: () => upTo, sweep: () => {}, learn: () => ({ more: true }) },
  });
  await eventually(() => asked.length).toBe(1);
  await nextRound();
  await eventually(() => asked.length).toBe(2);
});

test('without a way to the edge only what has run out is ended', async () => {
  follow(false);
  await eventually(() => sweeps).toBe(1);
  await nextRound();
  await eventually(() => sweeps).toBe(2);
  expect(asked).toEqual([]);
});
