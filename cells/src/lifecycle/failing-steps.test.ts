import { CellbookError } from '@cellbook/shared/errors.ts';
import { expect, test } from 'vitest';
import { type MemoryHostOptions, makeHost, outcomeOf } from './testing/memory-host.ts';

/** What the steps call, each of which may fail before or after it had its effect. */
const calls = [
  'attach',
  'flush',
  'detach',
  'destroy',
  'start',
  'stop',
  'onRunning',
  'onSuspending',
  'onDeleted',
] as const;
const moments = ['before', 'after'] as const;
const never = new AbortController().signal;

/** Fails the first `times` calls of one name. */
function failing(name: string, moment: (typeof moments)[number], times: number): MemoryHostOptions {
  let left = times;
  const wrap = <Target extends object>(target: Target): Target =>
    new Proxy(target, {
      get(object, property) {
        const value: unknown = Reflect.get(object, property, object);
        if (typeof value !== 'function') return value;
        if (property !== name) return value.bind(object);
        return async (...given: unknown[]) => {
          const fails = left-- > 0;
          if (fails && moment === 'before') throw failure(name);
          const result: unknown = await Reflect.apply(value, object, given);
          if (fails) throw failure(name);
          return result;
        };
      },
    });
  return { wrap: { volumes: wrap, host: wrap, listener: wrap } };
}

const failure = (name: string): CellbookError =>
  new CellbookError('store_unavailable', { doing: `calling ${name}`, problem: 'it fails in this test' });

test.each(
  calls.flatMap((name) => moments.flatMap((moment) => [1, 3].map((times) => [name, moment, times] as const))),
)(
  'when %s fails %s its effect, %i times, everything is still reached, once, and nothing is lost',
  async (name, moment, times) => {
    const host = await makeHost(failing(name, moment, times));
    const { store, lifecycle, clock, pass, settledRow, driver, volumes } = host;
    const id = await host.create();
    const ask = (desired: 'suspended' | 'deleted') => {
      const nowMs = clock.nowMs();
      const change = {
        desired,
        from: ['running', 'suspended'],
        undoUntilMs: nowMs + 300_000,
        nowMs,
      } as const;
      return store.request(id, change);
    };

    outcomeOf(lifecycle.ensureRunning(id, never));
    await pass(60_000);
    expect(await settledRow(id)).toMatchObject({ phase: 'running' });
    expect(driver.existing.size).toBe(1);
    const volume = volumes.volumes.get(id);
    if (volume?.live == null) throw new Error('it runs without its files');
    volume.live = 5;

    await ask('suspended');
    await pass(60_000);
    expect(await settledRow(id)).toMatchObject({ phase: 'suspended', problem: null });
    expect(driver.existing.size).toBe(0);
    expect(volume).toMatchObject({ live: null, stored: 5 });

    await ask('deleted');
    await pass(60_000);
    expect(await settledRow(id)).toMatchObject({ phase: 'deleted', purgedAtMs: null });
    expect(volume.destroyed).toBe(false);
    await pass(600_000);
    expect((await settledRow(id)).purgedAtMs).not.toBeNull();
    expect(volume.destroyed).toBe(true);
  },
);

test('a suspend whose files cannot be stored is given up for whoever needs the workspace, however far its next try is', async () => {
  const host = await makeHost(failing('flush', 'before', Number.POSITIVE_INFINITY));
  const { store, lifecycle, clock, pass, settledRow, volumes } = host;
  const id = await host.create();
  outcomeOf(lifecycle.ensureRunning(id, never));
  await pass(10_000);
  const volume = volumes.volumes.get(id);
  if (volume?.live == null) throw new Error('it runs without its files');
  volume.live = 5;
  await store.request(id, { desired: 'suspended', from: ['running'], nowMs: clock.nowMs() });
  let { retryAtMs } = await settledRow(id);
  while ((retryAtMs ?? 0) - clock.nowMs() < 30_000) {
    await pass(250);
    ({ retryAtMs } = await settledRow(id));
  }
  expect(await settledRow(id)).toMatchObject({ phase: 'failed', problemCode: 'store_unavailable' });
  const needed = outcomeOf(lifecycle.ensureRunning(id, never));
  await pass(5_000);
  expect(needed.value).toBe(lifecycle.current(id));
  expect(await settledRow(id)).toMatchObject({ phase: 'running', problem: null });
  expect(volume.live).toBe(5);
});
