import { ManualClock } from '@cellbook/shared/clock.ts';
import { newWorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, test } from 'vitest';
import { BootTurns, lanesFor } from './boot-turns.ts';
import { QueueWatch } from './queue-watch.ts';

const bootMs = 6_000;
const tiers = ['free', 'paid', 'enterprise'] as const;

/** Boots that take their time on so many places, with when each began to wait and to boot. */
function makeBoots(places: number) {
  const clock = new ManualClock();
  const turns = new BootTurns({ clock, lanes: () => [{ places, tiers }] });
  const begun: { tier: Tier; name: string; waitedMs: number }[] = [];
  let running = 0;
  let runningMost = 0;
  function boot(tier: Tier, name: string): void {
    const cameMs = clock.monotonicMs();
    void turns.of(tier).run(async () => {
      begun.push({ tier, name, waitedMs: clock.monotonicMs() - cameMs });
      runningMost = Math.max(runningMost, ++running);
      await new Promise<void>((resolve) => void clock.setTimer(bootMs, resolve));
      running--;
    });
  }
  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 500) await clock.advance(500);
  }
  return { clock, turns, boot, pass, begun, runningMost: () => runningMost };
}

test('of those that came together enterprise goes first, then paid, then free, each in the order it came', async () => {
  const { boot, pass, begun } = makeBoots(1);
  boot('free', 'first');
  for (const tier of tiers) for (const name of ['a', 'b']) boot(tier, name);
  await pass(8 * bootMs);
  expect(begun.map(({ tier, name }) => `${tier} ${name}`)).toEqual([
    ...['free first', 'enterprise a', 'enterprise b'],
    ...['paid a', 'paid b', 'free a', 'free b'],
  ]);
});

test('whoever came now would wait behind others of his tier and of higher ones, and behind nothing else', async () => {
  const { turns, boot, pass } = makeBoots(1);
  const behind = () => tiers.filter((tier) => turns.hasBefore(tier));
  boot('free', 'running');
  void turns.ahead.run(async () => {});
  expect(behind()).toEqual([]);
  void turns.of('paid', newWorkspaceId(seededRandom(1))).run(async () => {});
  expect(behind()).toEqual(['free', 'paid']);
  await pass(2 * bootMs);
  expect(behind()).toEqual([]);
});

test('nobody starves: a free one waits no longer than it would alone, and its head start behind', async () => {
  const { boot, pass, begun } = makeBoots(1);
  boot('enterprise', 'running');
  boot('free', 'patient');
  // One more than can be booted comes all the time.
  for (let round = 0; round < 60; round++) {
    boot('enterprise', `${round}`);
    await pass(bootMs);
  }
  const patient = begun.find(({ name }) => name === 'patient');
  expect(patient?.waitedMs).toBeLessThanOrEqual(limits.lifecycle.headStartMsByTier.enterprise + 2 * bootMs);
});

test('two hundred at once: as many boot as may, none is forgotten, and each tier is through before the next begins', async () => {
  const { turns, boot, pass, begun, runningMost } = makeBoots(16);
  const random = seededRandom(4);
  const asked = Array.from({ length: 200 }, (_, index) => ({
    tier: tiers[random.int(tiers.length)] ?? 'free',
    name: `${index}`,
  }));
  for (const { tier, name } of asked) boot(tier, name);
  expect(turns.waiting).toBe(184);
  await pass(15 * bootMs);
  expect(begun).toHaveLength(200);
  expect(runningMost()).toBe(16);
  expect(turns.waiting).toBe(0);
  const order = begun.slice(16).map(({ tier }) => tier);
  expect(order).toEqual(order.toSorted((one, other) => tiers.indexOf(other) - tiers.indexOf(one)));
});

test('places of its own keep a higher tier from waiting for the starts of a lower one', async () => {
  const clock = new ManualClock();
  const turns = new BootTurns({ clock, lanes: (isMixed) => lanesFor(2, isMixed) });
  const running: Tier[] = [];
  const start = (tier: Tier) => {
    const ended = Promise.withResolvers<void>();
    void turns.of(tier).run(() => {
      running.push(tier);
      return ended.promise;
    });
    return ended.resolve;
  };
  const ends = ['free', 'free', 'free', 'paid', 'paid', 'enterprise', 'enterprise'].map((tier) =>
    start(tier as Tier),
  );
  // Before anybody else came both processors had been given to free ones: paid waits for one of them, enterprise does not.
  expect(running).toEqual(['free', 'free', 'enterprise', 'enterprise']);
  ends[0]?.();
  ends[1]?.();
  await expect.poll(() => running.slice(4)).toEqual(['paid']);
  ends[6]?.();
  await expect.poll(() => running.slice(5)).toEqual(['paid']);
  ends[3]?.();
  await expect.poll(() => running.slice(6)).toEqual(['free']);
  expect(turns.waiting).toBe(0);
});

test('what is made ready for higher tiers takes the next place of a free start, before all that wait for one', async () => {
  const turns = new BootTurns({ clock: new ManualClock(), lanes: (isMixed) => lanesFor(2, isMixed) });
  const begun: string[] = [];
  const first = Promise.withResolvers<void>();
  const start = (name: string, ended: Promise<void>) => async () => {
    begun.push(name);
    await ended;
  };
  const never = new Promise<void>(() => {});
  void turns.of('free').run(start('one', first.promise));
  void turns.of('free').run(start('two', never));
  void turns.of('free').run(start('three', never));
  void turns.ahead.run(start('ahead', never));
  expect(begun).toEqual(['one', 'two']);
  first.resolve();
  await expect.poll(() => begun.slice(2)).toEqual(['ahead']);
  // Enterprise waits for neither.
  void turns.of('enterprise').run(start('enterprise', never));
  await expect.poll(() => begun.slice(3)).toEqual(['enterprise']);
  expect(turns.waiting).toBe(1);
});

test('who waits has a place in the order that turns are given in, and it moves', async () => {
  const { clock, turns, boot, pass } = makeBoots(1);
  boot('free', 'running');
  const ids = [newWorkspaceId(seededRandom(1)), newWorkspaceId(seededRandom(2))] as const;
  const told: (number | null)[] = [];
  const watch = new QueueWatch({
    ...{ clock, queue: () => turns.queue() },
    tell: (workspaceId, place) => {
      if (workspaceId === ids[0]) told.push(place?.position ?? null);
    },
  });
  void turns.of('free', ids[0]).run(async () => {});
  void turns.of('paid', ids[1]).run(async () => {});
  boot('enterprise', 'later');
  expect([...turns.queue()]).toEqual([
    [ids[1], { position: 2, of: 3 }],
    [ids[0], { position: 3, of: 3 }],
  ]);
  watch.wake();
  await pass(4 * bootMs);
  expect(told[0]).toBe(3);
  expect(told.at(-1)).toBeNull();
  const positions = told.filter((position) => position !== null);
  expect(positions).toEqual(positions.toSorted((one, other) => other - one));
  expect(turns.queue().size).toBe(0);
});
