import { ManualClock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { expect, test } from 'vitest';
import type { LeaderStore } from './leader-store.ts';
import { createMemoryLeaderStore } from './memory-leader-store.ts';
import { beginTerm, type LeaderTerm } from './term.ts';

const terms = { ttlMs: 3_000, marginMs: 1_000 };

function bed() {
  const clock = new ManualClock();
  const store = createMemoryLeaderStore(clock);
  const reach = { down: false };
  const through: LeaderStore = {
    ...store,
    renew: async (...given) => {
      if (reach.down) throw new CellbookError('store_unavailable', { doing: 'renewing', problem: 'away' });
      return store.renew(...given);
    },
  };
  const candidate = (holder: string) =>
    beginTerm({ store: through, clock, log: silentLogger, holder, url: '', terms }) as Promise<LeaderTerm>;
  return { clock, store, reach, candidate };
}

test('a term goes on for as long as it is renewed, and nobody else leads', async () => {
  const { clock, candidate } = bed();
  const term = await candidate('a');
  await clock.advance(60_000);
  expect(term.isSafe()).toBe(true);
  expect(await candidate('b')).toBeNull();
});

test('who cannot renew stops a margin before another may lead', async () => {
  const { clock, candidate, reach } = bed();
  const term = await candidate('a');
  reach.down = true;
  await clock.advance(terms.ttlMs - terms.marginMs - 1);
  expect(term.isSafe()).toBe(true);
  await clock.advance(1);
  expect([term.isSafe(), term.lost.aborted]).toEqual([false, true]);
  expect(await candidate('b')).toBeNull();
  await clock.advance(terms.marginMs);
  expect((await candidate('b')).epoch).toBe(term.epoch + 1);
});

test('one renewal that fails ends nothing', async () => {
  const { clock, candidate, reach } = bed();
  const term = await candidate('a');
  reach.down = true;
  await clock.advance(1_500);
  reach.down = false;
  await clock.advance(60_000);
  expect(term.isSafe()).toBe(true);
});

test('who was asleep past its time does not believe itself, though no timer has fired yet', async () => {
  const { store } = bed();
  let nowMs = 0;
  const asleep = { nowMs: () => nowMs, monotonicMs: () => nowMs, setTimer: () => ({ cancel() {} }) };
  const term = await beginTerm({ store, clock: asleep, log: silentLogger, holder: 'a', url: '', terms });
  nowMs = terms.ttlMs;
  expect(term?.isSafe()).toBe(false);
});

test('who resigns lets another lead at once', async () => {
  const { candidate } = bed();
  const term = await candidate('a');
  await term.resign();
  expect(term.lost.aborted).toBe(true);
  expect((await candidate('b')).epoch).toBe(2);
});
