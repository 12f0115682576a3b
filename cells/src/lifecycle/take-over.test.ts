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
  it.each(['suspended', 'deleted'] as const)(
    'is stopped without being taken over when its owner wants the workspace %s',
    async (desired) => {
      const { store, clock, id, seen, startAnother, pass, settledRow, driver, volumes } = await orphaned();
      const nowMs = clock.nowMs();
      await store.request(id, { desired, from: ['running'], undoUntilMs: nowMs + 1e9, nowMs });
      await startAnother();
      await pass(leaseMs + 15_000);
      expect(await settledRow(id)).toMatchObject({ phase: desired, hostId: null });
      expect([seen.adoptions, driver.existing.size, volumes.volumes.get(id)?.live]).toEqual([0, 0, null]);
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
