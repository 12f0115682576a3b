/** The pool of one host, through crashes of its controller at each point. */
import { ManualClock } from '@cellbook/shared/clock.ts';
import { hostIdSchema, newSandboxId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, test } from 'vitest';
import { Hosts } from '../host/hosts.ts';
import { LocalSandboxHost } from '../host/local-sandbox-host.ts';
import { NotedDriver, notedGolden } from '../host/testing/noted-driver.ts';
import { nobody, type SandboxSpec } from '../sandbox/driver.ts';
import { noLink } from '../sandbox/none/driver.ts';
import { MemoryPoolStore } from './memory-pool-store.ts';
import { Pool } from './pool.ts';

const signal = new AbortController().signal;

function open(target = 2) {
  const clock = new ManualClock();
  const random = seededRandom(9);
  const driver = new NotedDriver(noLink);
  let generation = notedGolden.generation;
  const golden = () => ({ ...notedGolden, generation });
  const host = new LocalSandboxHost({ hostId: hostIdSchema.parse('host-a'), driver, capacity: 6, golden });
  const store = new MemoryPoolStore();
  const deps = { store, hosts: new Hosts([host]), clock, random, log: silentLogger, target };
  const spec = (): SandboxSpec => ({
    ...{ sandboxId: newSandboxId(random), workspaceId: newWorkspaceId(random), epoch: 1 },
    ...{ homeDirectory: '/home', limits: notedGolden.limits, environment: {} },
  });
  const unclaimed = () => [...driver.there.values()].filter(({ workspaceId }) => workspaceId === nobody);
  return {
    ...{ clock, driver, host, store, spec, unclaimed, pool: new Pool(deps) },
    states: async () => (await store.listOnHost(host.hostId)).map(({ state }) => state),
    useGeneration: (next: string) => {
      generation = next;
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
  const from = { hostId: host.hostId, generation: notedGolden.generation };
  await store.claim(from, { workspaceId: newWorkspaceId(seededRandom(1)), epoch: 1 }, clock.nowMs());
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
  const from = { hostId: host.hostId, generation: notedGolden.generation };
  const wanted = spec();
  const sandboxId = await store.claim(from, wanted, clock.nowMs());
  await host.pool?.claim({ ...wanted, sandboxId: sandboxId! }, signal);
  await clock.advance(limits.pool.staleMs + 1);
  await pool.look();
  expect(host.current(wanted.workspaceId)?.id).toBe(sandboxId);
  expect(await states()).toEqual(['ready']);
  expect(unclaimed()).toHaveLength(1);
});

test('what is on the host and in no table is ended; what is in the table and gone is forgotten', async () => {
  const { pool, host, driver, spec, store, unclaimed } = open(1);
  const { sandboxId } = spec();
  await host.pool?.add(sandboxId, signal);
  await pool.look();
  expect(unclaimed().map(({ id }) => id)).not.toContain(sandboxId);
  const [member] = unclaimed();
  await driver.destroy(member!.id);
  await expect.poll(() => host.load().members).toBe(0);
  await pool.look();
  expect((await store.listOnHost(host.hostId)).map((each) => each.sandboxId)).toEqual([unclaimed()[0]?.id]);
});

test('members of another image are claimed no more, and are replaced', async () => {
  const { pool, host, spec, unclaimed, useGeneration } = open(1);
  await pool.look();
  const [old] = unclaimed();
  useGeneration('two');
  await expect(pool.claim(host, spec(), signal)).rejects.toMatchObject({ code: 'gone' });
  await pool.look();
  expect(unclaimed()).not.toContain(old);
  expect(await pool.claim(host, spec(), signal)).toMatchObject({ epoch: 1 });
});

test('a host that drains keeps nothing ready', async () => {
  const { pool, host, unclaimed } = open();
  await pool.look();
  host.refuseNew();
  await host.dropMembers();
  await pool.look();
  expect(unclaimed()).toEqual([]);
});
