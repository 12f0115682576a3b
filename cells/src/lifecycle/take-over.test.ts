/** What becomes of a running sandbox whose controller is gone, and of a start whose host is full. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { describe, expect, it } from 'vitest';
import type { SandboxHost } from '../host/sandbox-host.ts';
import { makeHost, outcomeOf } from './testing/memory-host.ts';

const never = new AbortController().signal;
const leaseMs = limits.lifecycle.lease.ttlMs + limits.lifecycle.sweepIntervalMs;

/** A running workspace whose controller ended; `adoptions` counts what its successor tried, always in vain. */
async function orphaned() {
  const seen = { adoptions: 0 };
  const outOfReach = (host: SandboxHost): SandboxHost =>
    new Proxy(host, {
      get(target, property) {
        if (property !== 'adopt') {
          const value: unknown = Reflect.get(target, property, target);
          return typeof value === 'function' ? value.bind(target) : value;
        }
        return async () => {
          seen.adoptions += 1;
          throw new CellbookError('host_unreachable', { doing: 'adopting', problem: 'its link breaks' });
        };
      },
    });
  const host = await makeHost({
    wrap: { host: outOfReach, volumes: (volumes) => volumes, listener: (listener) => listener },
  });
  const id = await host.create();
  const started = outcomeOf(host.lifecycle.ensureRunning(id, never));
  await host.pass(10_000);
  expect(started.value).toBeDefined();
  await host.lifecycle.stop();
  return { ...host, id, seen };
}

describe('a running sandbox that cannot be taken over', () => {
  it.each([
    ['suspended', limits.lifecycle.unwantedAdoptionsMax],
    ['deleted', 1],
  ] as const)(
    'is stopped when its owner wants the workspace %s, after %i attempts',
    async (desired, attempts) => {
      const { store, clock, id, seen, startAnother, pass, settledRow, driver, volumes } = await orphaned();
      const nowMs = clock.nowMs();
      await store.request(id, { desired, from: ['running'], undoUntilMs: nowMs + 1e9, nowMs });
      await startAnother();
      await pass(leaseMs + 15_000);
      expect(await settledRow(id)).toMatchObject({ phase: desired, hostId: null });
      expect(seen.adoptions).toBe(attempts);
      expect([driver.existing.size, volumes.volumes.get(id)?.live]).toEqual([0, null]);
    },
  );

  it('is given up after so many attempts, and its workspace starts anew at the next need', async () => {
    const { id, seen, startAnother, pass, settledRow, starts } = await orphaned();
    const next = await startAnother();
    await pass(leaseMs + 2 * limits.lifecycle.adoptionsMax * limits.lifecycle.sweepIntervalMs);
    expect(seen.adoptions).toBe(limits.lifecycle.adoptionsMax);
    expect(await settledRow(id)).toMatchObject({ phase: 'suspended', desired: 'running', dormant: true });
    const again = outcomeOf(next.ensureRunning(id, never));
    await pass(10_000);
    expect(again.value).toBeDefined();
    expect(starts()).toBe(2);
  });
});

/** A workspace that runs under a controller which then ends, last used at `usedAtMs`. */
async function leftRunning(idleSuspendSeconds: number | null) {
  const host = await makeHost();
  const id = await host.create(idleSuspendSeconds);
  outcomeOf(host.lifecycle.ensureRunning(id, never));
  await host.pass(10_000);
  const { lastActiveAtMs } = await host.settledRow(id);
  await host.lifecycle.stop();
  host.heard.splice(0);
  return { ...host, id, usedAtMs: Math.max(lastActiveAtMs, (await host.settledRow(id)).lastActiveAtMs) };
}

describe('a running sandbox that is taken over', () => {
  it.each(['suspended', 'deleted'] as const)(
    'is put away by its new gateway when its owner wants the workspace %s',
    async (desired) => {
      const { store, clock, id, startAnother, pass, settledRow, heard } = await leftRunning(null);
      const nowMs = clock.nowMs();
      await store.request(id, { desired, from: ['running'], undoUntilMs: nowMs + 1e9, nowMs });
      await startAnother();
      await pass(leaseMs + 5_000);
      expect(await settledRow(id)).toMatchObject({ phase: desired, hostId: null });
      expect(heard).toEqual(['running', 'suspending', 'stopped']);
    },
  );

  it('is idle since its last use, not since it was taken over', async () => {
    const { clock, id, usedAtMs, startAnother, pass, settledRow } = await leftRunning(600);
    await pass(400_000);
    await startAnother();
    await pass(usedAtMs + 599_000 - clock.nowMs());
    expect(await settledRow(id)).toMatchObject({ phase: 'running', lastActiveAtMs: usedAtMs });
    await pass(6_000);
    expect(await settledRow(id)).toMatchObject({ phase: 'suspended', desired: 'suspended' });
  });

  it('is given time for its users to come back when its controller was away for longer than its idle time', async () => {
    const { id, startAnother, pass, settledRow } = await leftRunning(600);
    await pass(3_600_000);
    await startAnother();
    await pass(limits.lifecycle.takenOverIdleMsMin - 1_000);
    expect(await settledRow(id)).toMatchObject({ phase: 'running' });
    await pass(6_000);
    expect(await settledRow(id)).toMatchObject({ phase: 'suspended' });
  });
});

describe('a running sandbox that is gone when the next controller looks', () => {
  it.each([
    ['its host stored and gave back its files before it stopped', true, 'All files were stored first'],
    ['its host died with its files', false, 'lost when the cell restarted'],
  ])('says so, where %s', async (_how, isPutAway, told) => {
    const { id, startAnother, pass, settledRow, driver, host, volumes } = await leftRunning(null);
    const { epoch } = await settledRow(id);
    const [sandbox] = driver.existing.values();
    const putAway = isPutAway ? volumes.detach(id, epoch) : Promise.resolve();
    await pass(1_000);
    await putAway;
    if (sandbox) await Promise.all([host.destroy(sandbox.sandboxId), pass(5_000)]);
    await startAnother();
    await pass(leaseMs + 5_000);
    const row = await settledRow(id);
    expect(row).toMatchObject({ phase: 'suspended', desired: 'running', dormant: true });
    expect(row.problem).toContain(told);
  });
});

describe('the next resume of a suspended workspace', () => {
  async function suspendedOnFirst() {
    const hosts = await makeHost({ capacity: 1, elsewhere: 1 });
    const id = await hosts.create();
    outcomeOf(hosts.lifecycle.ensureRunning(id, never));
    await hosts.pass(10_000);
    expect(await hosts.settledRow(id)).toMatchObject({ phase: 'running', hostId: hosts.host.hostId });
    const nowMs = hosts.clock.nowMs();
    await hosts.store.request(id, { desired: 'suspended', from: ['running'], nowMs });
    await hosts.pass(10_000);
    expect(await hosts.settledRow(id)).toMatchObject({ phase: 'suspended', hostId: null });
    return { ...hosts, id };
  }

  it('is on another host when the one it ran on is full by then', async () => {
    const { id, create, lifecycle, pass, settledRow, host, elsewhere } = await suspendedOnFirst();
    const other = await create();
    outcomeOf(lifecycle.ensureRunning(other, never));
    await pass(10_000);
    expect(await settledRow(other)).toMatchObject({ phase: 'running', hostId: host.hostId });
    const resumed = outcomeOf(lifecycle.ensureRunning(id, never));
    await pass(10_000);
    expect(resumed.value).toBeDefined();
    expect(await settledRow(id)).toMatchObject({ phase: 'running', hostId: elsewhere.hostId });
  });

  it('is on another host when the one it ran on drains', async () => {
    const { id, lifecycle, pass, settledRow, host, elsewhere } = await suspendedOnFirst();
    host.refuseNew();
    const resumed = outcomeOf(lifecycle.ensureRunning(id, never));
    await pass(10_000);
    expect(resumed.value).toBeDefined();
    expect(await settledRow(id)).toMatchObject({ phase: 'running', hostId: elsewhere.hostId });
  });
});

describe('a start that finds its host full', () => {
  it('is made on another host that has room, and nothing of it stays on the first', async () => {
    const { create, lifecycle, pass, settledRow, store, clock, host, elsewhere, volumes } = await makeHost({
      capacity: 1,
      elsewhere: 1,
    });
    const [first, other, third] = [await create(), await create(), await create()];
    for (const id of [first, other]) {
      outcomeOf(lifecycle.ensureRunning(id, never));
      await pass(10_000);
    }
    expect(await settledRow(other)).toMatchObject({ phase: 'running', hostId: elsewhere.hostId });
    const refused = outcomeOf(lifecycle.ensureRunning(third, never));
    await pass(10_000);
    expect(refused.code).toBe('capacity_exhausted');
    expect(await settledRow(third)).toMatchObject({ phase: 'failed', hostId: host.hostId });

    const seen: (number | null | undefined)[] = [];
    const detach = volumes.detach.bind(volumes);
    volumes.detach = async (id, epoch) => {
      await detach(id, epoch);
      seen.push(volumes.volumes.get(id)?.live);
    };
    await store.request(other, { desired: 'suspended', from: ['running'], nowMs: clock.nowMs() });
    await pass(limits.lifecycle.capacityRetryAfterMs * 4);
    expect(await settledRow(third)).toMatchObject({ phase: 'running', hostId: elsewhere.hostId });
    expect(seen).toEqual([null, null]);
    expect([host.load().live, elsewhere.load().live]).toEqual([1, 1]);
  });
});
