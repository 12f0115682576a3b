/** What every provider keeps to: the simulated one, and the same behind HTTP. */
import { ManualClock } from '@cellbook/shared/clock.ts';
import { hostIdSchema } from '@cellbook/shared/ids.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createHttpProvider } from './http-provider.ts';
import type { CapacityProvider, NodeRequest } from './provider.ts';
import { serveProvider } from './serve-provider.ts';
import { createSimulatedProvider } from './simulated-provider.ts';

const minuteMs = 60_000;
const { signal } = new AbortController();
const request = (node: number): NodeRequest => ({
  requestKey: `gpu-eu.${node}`,
  kind: { name: 'cloud', sku: 'H100', gpus: 8, gpuMemoryMib: 81_559 },
  hostId: hostIdSchema.parse(`cloud-n${node}`),
  agentKey: 'key',
  schedulerUrl: 'http://127.0.0.1:1',
});

interface Made {
  provider: CapacityProvider;
  clock: ManualClock;
  booted: string[];
  halted: string[];
}
const closing: (() => Promise<void>)[] = [];
afterAll(async () => void (await Promise.all(closing.map((close) => close()))));

function simulated(failShare: number): Made {
  const clock = new ManualClock();
  const booted: string[] = [];
  const halted: string[] = [];
  const provider = createSimulatedProvider({
    ...{ clock, random: seededRandom(1), failShare, removeMs: minuteMs, provisionMs: () => 4 * minuteMs },
    boot: ({ hostId }) => booted.push(hostId),
    halt: ({ hostId }) => halted.push(hostId),
  });
  return { provider, clock, booted, halted };
}

async function overHttp(failShare: number): Promise<Made> {
  const made = simulated(failShare);
  const app = serveProvider(made.provider, 'secret');
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  closing.push(() => app.close());
  return { ...made, provider: createHttpProvider({ url, secret: 'secret' }) };
}

describe.each([
  { name: 'simulated', make: async (failShare: number) => simulated(failShare) },
  { name: 'over HTTP', make: overHttp },
])('a provider, $name,', ({ make }) => {
  let made: Made;
  const phases = async () =>
    (await made.provider.list(signal)).map(({ requestKey, phase }) => [requestKey, phase]);
  beforeEach(async () => {
    made = await make(0);
  });

  it('makes one node of a request that is made twice, and brings it up after minutes', async () => {
    await made.provider.create(request(1), signal);
    await made.provider.create(request(1), signal);
    expect(await phases()).toEqual([['gpu-eu.1', 'provisioning']]);
    made.clock.advance(6 * minuteMs);
    expect(await phases()).toEqual([['gpu-eu.1', 'up']]);
    expect(made.booted).toEqual(['cloud-n1']);
    await made.provider.create(request(1), signal);
    expect(await phases()).toEqual([['gpu-eu.1', 'up']]);
  });

  it('takes back what is up, what is on its way, and again what was taken back; of others it does nothing', async () => {
    await made.provider.create(request(1), signal);
    made.clock.advance(6 * minuteMs);
    await made.provider.create(request(2), signal);
    for (const key of ['gpu-eu.1', 'gpu-eu.2', 'gpu-eu.1', 'gpu-eu.9'])
      await made.provider.remove(key, signal);
    expect((await phases()).map(([, phase]) => phase)).toEqual(['removing', 'removing']);
    made.clock.advance(2 * minuteMs);
    expect(await phases()).toEqual([]);
    expect(made.halted.toSorted()).toEqual(['cloud-n1', 'cloud-n2']);
  });

  it('says of one that does not come that it failed, and why, until it is taken back', async () => {
    made = await make(1);
    await made.provider.create(request(1), signal);
    made.clock.advance(6 * minuteMs);
    const [failed] = await made.provider.list(signal);
    expect(failed).toMatchObject({ phase: 'failed', because: expect.stringContaining('capacity') });
    expect(made.booted).toEqual([]);
    await made.provider.remove('gpu-eu.1', signal);
    made.clock.advance(2 * minuteMs);
    expect(await phases()).toEqual([]);
  });
});

it('a provider over HTTP answers nobody who has not its secret, and no malformed request', async () => {
  const { provider } = simulated(0);
  const app = serveProvider(provider, 'secret');
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  closing.push(() => app.close());
  const stranger = createHttpProvider({ url, secret: 'another' });
  await expect(stranger.list(signal)).rejects.toMatchObject({ code: 'provider_unavailable' });
  const known = createHttpProvider({ url, secret: 'secret' });
  const malformed = { ...request(1), schedulerUrl: 'nowhere' };
  await expect(known.create(malformed, signal)).rejects.toMatchObject({ code: 'provider_unavailable' });
  expect(await provider.list(signal)).toEqual([]);
});
