import { ManualClock } from '@cellbook/shared/clock.ts';
import { createLogger } from '@cellbook/shared/log.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, it } from 'vitest';
import { usualScale } from '../core/model/default-policy.ts';
import type { SchedulerEvent } from '../core/model/event.ts';
import { host, Region } from '../core/testing/region.ts';
import { type DriverDeps, driveCapacity } from './driver.ts';
import type { CapacityProvider } from './provider.ts';
import { createSimulatedProvider } from './simulated-provider.ts';

const minuteMs = 60_000;
const { signal } = new AbortController();

/** A region that has asked for one node, and a provider; what is asked for as an event happens at once. */
function setUp({ failShare = 0 } = {}) {
  const region = new Region();
  const kind = {
    ...{ name: 'cloud', sku: 'H100', gpus: 8, gpuMemoryMib: 81_559, provisionMs: 4 * minuteMs },
    ...{ gpusMin: 0, gpusMax: 16 },
  };
  region.policy((policy) => ({ ...policy, scale: { ...usualScale, nodes: [kind] } }));
  region.hosts(host('own'));
  for (let at = 0; at < 16; at++) region.submit({ runMs: 60 * minuteMs });
  region.decide();
  const clock = new ManualClock();
  const bought: string[] = [];
  const simulated = createSimulatedProvider({
    ...{ clock, random: seededRandom(1), failShare, removeMs: minuteMs, provisionMs: () => 4 * minuteMs },
  });
  const provider: CapacityProvider = {
    ...simulated,
    async create(request, until) {
      bought.push(request.requestKey);
      await simulated.create(request, until);
    },
  };
  const asked: SchedulerEvent[] = [];
  const deps: DriverDeps = {
    ...{ provider, clock, schedulerId: 'gpu-eu', regionSecret: 'secret', schedulerUrl: () => 'http://x' },
    written: () => region.state.capacity,
    async ask(event) {
      asked.push(event);
      region.apply(event);
    },
    log: createLogger({ program: 'test', level: 'silent' }),
  };
  const listed = async () =>
    (await simulated.list(signal)).map(({ requestKey, phase }) => [requestKey, phase]);
  return { region, clock, deps, provider, asked, bought, listed };
}

it('asks for what is on record, once it is written', async () => {
  const { deps, listed } = setUp();
  await driveCapacity({ ...deps, written: () => null }, signal);
  expect(await listed()).toEqual([]);
  await driveCapacity(deps, signal);
  await driveCapacity(deps, signal);
  expect(await listed()).toEqual([['gpu-eu.1', 'provisioning']]);
});

it('a leader that dies between asking and hearing of it is followed by one that gets the same node', async () => {
  const { deps, provider, listed, bought } = setUp();
  const lost: CapacityProvider = {
    ...provider,
    async create(request, until) {
      await provider.create(request, until);
      throw new Error('the answer was lost');
    },
  };
  await driveCapacity({ ...deps, provider: lost }, signal);
  await driveCapacity(deps, signal);
  expect(bought).toEqual(['gpu-eu.1']);
  // Asked twice, where even the list was late, it is one.
  await driveCapacity({ ...deps, provider: { ...provider, list: async () => [] } }, signal);
  expect(bought).toEqual(['gpu-eu.1', 'gpu-eu.1']);
  expect(await listed()).toHaveLength(1);
});

it('writes down what failed, and gives it back after that', async () => {
  const { deps, region, clock, asked, listed } = setUp({ failShare: 1 });
  await driveCapacity(deps, signal);
  clock.advance(6 * minuteMs);
  await driveCapacity(deps, signal);
  expect(asked).toMatchObject([{ type: 'node_failed', node: '1' }]);
  expect(region.state.capacity.nodes.size).toBe(0);
  await driveCapacity(deps, signal);
  expect(await listed()).toEqual([['gpu-eu.1', 'removing']]);
});

it('gives back what is to go until it is gone, and writes that down', async () => {
  const { deps, region, clock, asked, listed } = setUp();
  await driveCapacity(deps, signal);
  clock.advance(6 * minuteMs);
  region.hostIs(host('cloud-n1'), 'up');
  region.decide();
  region.hostIs(host('cloud-n1'), 'silent');
  for (const { jobId, hostId } of region.running())
    if (String(hostId) === 'cloud-n1') region.end(jobId, { kind: 'failed', class: 'lost', detail: 'silent' });
  region.decide();
  await driveCapacity(deps, signal);
  expect(await listed()).toEqual([['gpu-eu.1', 'removing']]);
  clock.advance(2 * minuteMs);
  await driveCapacity(deps, signal);
  expect(asked).toMatchObject([{ type: 'node_removed', node: '1' }]);
  expect(region.state.capacity.nodes.has('1')).toBe(false);
  expect([...region.state.fleet.hosts.keys()]).toEqual(['own']);
});

it('leaves alone what another region asked for, and what a later leader did', async () => {
  const { deps, provider, listed } = setUp();
  const [one] = [...deps.written()!.nodes.values()];
  const of = (requestKey: string) => ({ ...one!, requestKey, agentKey: 'x', schedulerUrl: 'http://x' });
  for (const key of ['gpu-us.1', 'gpu-eu.2']) await provider.create(of(key), signal);
  await driveCapacity(deps, signal);
  expect(await listed()).toEqual([
    ['gpu-us.1', 'provisioning'],
    ['gpu-eu.2', 'provisioning'],
    ['gpu-eu.1', 'provisioning'],
  ]);
});
