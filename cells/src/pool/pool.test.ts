/** The pool of one host, through crashes of its controller at each point. */
import { getEventListeners } from 'node:events';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { hostIdSchema, newSandboxId, newUserId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, test, vi } from 'vitest';
import { Hosts } from '../host/hosts.ts';
import { LocalSandboxHost } from '../host/local-sandbox-host.ts';
import { NotedDriver, notedGolden, notedGoldens } from '../host/testing/noted-driver.ts';
import { nobody } from '../sandbox/driver.ts';
import { noLink } from '../sandbox/none/driver.ts';
import { Demand } from './forecast/demand.ts';
import { MemoryDemandStore } from './forecast/demand-store.ts';
import type { MemberWish } from './member-source.ts';
import { MemoryPoolStore } from './memory-pool-store.ts';
import { Pool } from './pool.ts';
import { MemoryGenerationStore } from './staged/memory-generation-store.ts';
import { Staging } from './staged/staging.ts';

const signal = new AbortController().signal;

function open(target = 2) {
  const clock = new ManualClock();
  const random = seededRandom(9);
  const driver = new NotedDriver(noLink);
  let goldens = notedGoldens;
  const host = new LocalSandboxHost({
    hostId: hostIdSchema.parse('host-a'),
    driver,
    capacity: 6,
    goldens: () => goldens,
  });
  const store = new MemoryPoolStore();
  const generations = new MemoryGenerationStore();
  const deps = {
    ...{ store, hosts: new Hosts([host]), clock, random, log: silentLogger, setting: target },
    staging: new Staging({ store: generations, clock, log: silentLogger }),
    demand: new Demand(new MemoryDemandStore(), clock),
  };
  const ownerId = newUserId(random);
  const spec = (): MemberWish => ({
    ownerId,
    ...{ sandboxId: newSandboxId(random), workspaceId: newWorkspaceId(random), epoch: 1 },
    ...{ homeDirectory: '/home', limits: notedGolden.limits, environment: {} },
  });
  const unclaimed = () => [...driver.there.values()].filter(({ workspaceId }) => workspaceId === nobody);
  return {
    ...{ clock, driver, host, store, generations, spec, unclaimed, pool: new Pool(deps) },
    states: async () => (await store.listOnHost(host.hostId)).map(({ state }) => state),
    use: (own: string, all: string[]) => {
      goldens = { own, all: all.map((generation) => ({ ...notedGolden, generation })) };
    },
  };
}

test('keeps as many ready as are wanted, and replaces what was claimed', async () => {
  const { pool, host, spec, unclaimed, states } = open();
  await pool.look();
  expect(await states()).toEqual(['ready', 'ready']);
  const wanted = spec();
  expect(await pool.claim(host, wanted, signal)).toMatchObject({ workspaceId: wanted.workspaceId, epoch: 1 });
  expect(await states()).toEqual(['ready']);
  await pool.look();
  expect(unclaimed()).toHaveLength(2);
  expect(host.load()).toMatchObject({ live: 1, members: 2 });
});

test('a claim that finds none ready says so, and one that fails at the host ends the member', async () => {
  const { pool, host, driver, spec, unclaimed, states } = open(1);
  await expect(pool.claim(host, spec(), signal)).rejects.toMatchObject({ code: 'gone' });
  await pool.look();
  driver.claiming = Promise.reject(new Error('its files cannot be attached'));
  await expect(pool.claim(host, spec(), signal)).rejects.toThrow('cannot be attached');
  expect([unclaimed(), await states(), host.load().members]).toEqual([[], [], 0]);
});

test('a member that was claimed by a controller which died before it used it is ended in time, and not before', async () => {
  const { pool, clock, host, store, unclaimed, states } = open(1);
  await pool.look();
  const [member] = unclaimed();
  const from = { hostId: host.hostId, generations: [notedGolden.generation] };
  const by = { workspaceId: newWorkspaceId(seededRandom(1)), epoch: 1, tier: 'free' as const };
  await store.claim(from, by, clock.nowMs());
  await clock.advance(limits.pool.staleMs);
  await pool.look();
  expect(await states()).toContain('claimed');
  await clock.advance(1);
  await pool.look();
  expect(unclaimed()).not.toContain(member);
  expect(await states()).toEqual(['ready']);
});

test('one whose controller died right after it became a workspace’s stays that', async () => {
  const { pool, clock, host, store, spec, unclaimed, states } = open(1);
  await pool.look();
  const from = { hostId: host.hostId, generations: [notedGolden.generation] };
  const wanted = spec();
  const { sandboxId } = (await store.claim(from, { ...wanted, tier: 'free' }, clock.nowMs()))!;
  await host.pool?.claim({ ...wanted, sandboxId }, signal);
  await clock.advance(limits.pool.staleMs + 1);
  await pool.look();
  expect(host.current(wanted.workspaceId)?.id).toBe(sandboxId);
  expect(await states()).toEqual(['ready']);
  expect(unclaimed()).toHaveLength(1);
});

test('what is on the host and in no table is ended; what is in the table and gone is forgotten', async () => {
  const { pool, host, driver, spec, store, unclaimed } = open(1);
  const { sandboxId } = spec();
  await host.pool?.add(sandboxId, notedGolden.generation, signal);
  await pool.look();
  expect(unclaimed().map(({ id }) => id)).not.toContain(sandboxId);
  const [member] = unclaimed();
  await driver.destroy(member!.id);
  await expect.poll(() => host.load().members).toBe(0);
  await pool.look();
  expect((await store.listOnHost(host.hostId)).map((each) => each.sandboxId)).toEqual([unclaimed()[0]?.id]);
});

test('members of an image that its host has no more are claimed by nobody, and are replaced', async () => {
  const { pool, host, spec, unclaimed, use } = open(1);
  await pool.look();
  const [old] = unclaimed();
  use('two', ['two']);
  await expect(pool.claim(host, spec(), signal)).rejects.toMatchObject({ code: 'gone' });
  await pool.look();
  expect(unclaimed()).not.toContain(old);
  expect(await pool.claim(host, spec(), signal)).toMatchObject({ epoch: 1 });
});

test('a claim that comes after its time leaves the sandbox to the start that was given it instead', async () => {
  const { pool, host, driver, spec } = open(1);
  await pool.look();
  const claimed = Promise.withResolvers<void>();
  driver.claiming = claimed.promise;
  const gaveUp = new AbortController();
  const wanted = spec();
  const claiming = pool.claim(host, wanted, gaveUp.signal);
  await expect.poll(() => host.load().starting).toBe(1);
  const started = host.start({ ...spec(), workspaceId: wanted.workspaceId }, signal);
  // The host did it, and its answer came to nobody: what its controller does about that hits what is nobody's alone.
  claimed.resolve();
  const member = (await claiming).id;
  await host.pool?.drop(member);
  expect((await started).id).toBe(member);
  expect(host.current(wanted.workspaceId)?.id).toBe(member);
  expect(driver.there.has(member)).toBe(true);
});

test('a start is not told that a claim before it was given up: it starts', async () => {
  const { pool, host, driver, spec } = open(1);
  await pool.look();
  const claimed = Promise.withResolvers<void>();
  driver.claiming = claimed.promise;
  const wanted = spec();
  const claiming = pool.claim(host, wanted, signal);
  await expect.poll(() => host.load().starting).toBe(1);
  const again = { ...spec(), workspaceId: wanted.workspaceId };
  const started = host.start(again, signal);
  claimed.reject(new Error('whoever asked has gone'));
  await expect(claiming).rejects.toThrow('has gone');
  expect((await started).id).toBe(again.sandboxId);
});

test('what would boot comes out of the current image, and boots where that fails', async () => {
  const { pool, host, driver, spec } = open(0);
  expect(pool.goldenOf(host)).toBeNull();
  await pool.look();
  expect([pool.hasPool(host), pool.goldenOf(host)]).toEqual([false, notedGolden.generation]);
  const golden = notedGolden.generation;
  await host.start({ ...spec(), golden }, signal);
  expect(driver.restored).toBe(1);
  driver.claiming = Promise.reject(new Error('its files cannot be attached'));
  const wanted = { ...spec(), golden };
  expect(await host.start(wanted, signal)).toMatchObject({ id: wanted.sandboxId });
  expect([driver.restored, driver.most, host.load().live]).toEqual([2, 2, 2]);
});

test('a new image is tried beside the one before it, and has everybody once it has done well', async () => {
  const { pool, host, driver, spec, store, use } = open(2);
  await pool.look();
  use('two', ['one', 'two']);
  await pool.look();
  const generations = async () =>
    (await store.listOnHost(host.hostId)).map(({ generation }) => generation).toSorted();
  expect(await generations()).toEqual(['one', 'one', 'two']);
  for (let claims = 0; (await generations()).includes('one'); claims++) {
    expect(claims).toBeLessThan(1_000);
    const sandbox = await pool.claim(host, spec(), signal).catch(() => null);
    if (sandbox) await host.stop(sandbox.workspaceId, 1);
    await pool.look();
  }
  expect(await generations()).toEqual(['two', 'two']);
  expect(driver.most).toBeLessThanOrEqual(6);
});

test('one whose members crash is rolled back by itself, and what it has is ended; the one before it serves on', async () => {
  const { pool, host, driver, spec, store, generations, use } = open(2);
  await pool.look();
  use('two', ['one', 'two']);
  const stageOfTwo = async () =>
    (await generations.list()).find(({ generation }) => generation === 'two')?.stage;
  for (let looks = 0; (await stageOfTwo()) !== 'rolled_back'; looks++) {
    expect(looks).toBeLessThan(40);
    await pool.look();
    const members = await store.listOnHost(host.hostId);
    for (const { sandboxId, generation } of members)
      if (generation === 'two')
        driver.there.get(sandboxId)?.end({ reason: 'crashed', exitCode: 1, signal: null, stderrTail: '' });
    await expect.poll(() => host.load().members).toBe(2);
  }
  await pool.look();
  expect((await store.listOnHost(host.hostId)).map(({ generation }) => generation)).toEqual(['one', 'one']);
  expect(pool.goldenOf(host)).toBe('one');
  expect(await pool.claim(host, spec(), signal)).toMatchObject({ epoch: 1 });
  // A daemon that is started again offers it again, and nobody takes it.
  use('two', ['one', 'two']);
  await pool.look();
  expect(await stageOfTwo()).toBe('rolled_back');
});

test('a look that waits for its turn beside a start leaves nothing behind', async () => {
  const { pool, host, driver, spec, states } = open(2);
  let turns = 0;
  pool.takeTurns({
    run: (work) => {
      turns += 1;
      return work();
    },
  });
  const begun = Promise.withResolvers<void>();
  driver.starting = begun.promise;
  const members = host.pool!;
  const { add } = members;
  vi.spyOn(host, 'pool', 'get').mockReturnValue(members);
  let started: Promise<unknown> = Promise.resolve();
  const added = vi.spyOn(members, 'add').mockImplementationOnce(async (...member) => {
    await add(...member);
    started = host.start(spec(), signal);
    await expect.poll(() => host.load().starting).toBe(1);
  });
  await pool.look();
  expect([turns, await states()]).toEqual([1, ['ready']]);
  const lifelong = added.mock.calls[0]?.[2];
  expect(getEventListeners(lifelong!, 'abort')).toEqual([]);
  begun.resolve();
  await started;
});

test('a host that drains keeps nothing ready', async () => {
  const { pool, host, unclaimed } = open();
  await pool.look();
  host.refuseNew();
  await host.dropMembers();
  await pool.look();
  expect(unclaimed()).toEqual([]);
});
