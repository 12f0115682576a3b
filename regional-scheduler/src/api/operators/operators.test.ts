import { newOrgId } from '@cellbook/shared/ids.ts';
import {
  containedSchema,
  gpuCustomerListSchema,
  gpuHostListSchema,
  orderedSchema,
} from '@cellbook/shared/protocol/gpu-region-api.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hostId, type JobsUnderTest, jobsUnderTest, type Who } from '../../testing/jobs-under-test.ts';

let under: JobsUnderTest;
let operator: Who;
beforeAll(async () => {
  under = await jobsUnderTest();
  operator = under.newWho({ role: 'operator' });
  const host = {
    hostId,
    sku: 'H200',
    rack: 'r1',
    gpus: 8,
    gpuMemoryMib: 100_000,
    generation: 1,
    unhealthy: [3],
  };
  const atMs = under.clock.nowMs();
  await under.commit({ type: 'host_changed', atMs, host, phase: 'up', because: 'it is new' });
});
afterAll(() => under?.close());

const root = '/v1/gpu/eu';
const get = (path: string) => under.fetch(operator, `${root}/${path}`);
const give = async (method: string, path: string, body: unknown) => {
  const answer = await under.fetch(operator, `${root}/${path}`, { method, body: JSON.stringify(body) });
  expect(answer.status).toBe(202);
  expect(orderedSchema.parse(await answer.json())).toEqual({ region: 'eu', accepted: true });
};
const shown = async () => {
  const { hosts } = gpuHostListSchema.parse(await (await get('hosts')).json());
  if (!hosts[0]) throw new Error('no host is shown');
  return hosts[0];
};

it('a host is quarantined with a reason until it is released, and is on probation then', async () => {
  expect(await shown()).toMatchObject({ phase: 'up', gpus: 8, unhealthy: [3], evidence: null, held: null });
  for (const _twice of [1, 2]) await give('POST', `hosts/${hostId}/quarantine`, { because: 'Xid 79' });
  const held = { because: 'Xid 79', by: operator.sub };
  expect(await shown()).toMatchObject({ phase: 'quarantined', held });
  await give('POST', `hosts/${hostId}/release`, { because: 'replaced' });
  expect(await shown()).toMatchObject({ phase: 'up', held: null, evidence: { probation: 3, failed: 0 } });
  await give('POST', `hosts/${hostId}/drain`, { because: 'an update' });
  expect(await shown()).toMatchObject({ phase: 'draining', held: null });
});

it('a class of prompts is limited, and let run again', async () => {
  const contained = async () => containedSchema.parse(await (await get('contained')).json()).classes;
  await give('PUT', 'classes', { feature: 'word:fractal', limit: 'refused', because: 'it hangs' });
  expect(await contained()).toMatchObject([
    { feature: 'word:fractal', limit: 'refused', because: 'it hangs' },
  ]);
  await give('PUT', 'classes', { feature: 'word:fractal', limit: 'free', because: 'mended' });
  expect(await contained()).toEqual([]);
});

it('a customer has a weight and a limit, and usual ones that have nothing are not shown', async () => {
  const orgId = newOrgId(systemRandom);
  const customers = async () => gpuCustomerListSchema.parse(await (await get('customers')).json()).customers;
  await give('PUT', `customers/${orgId}`, { weight: 2.5, runningMax: 10 });
  expect(await customers()).toEqual([
    { organisationId: orgId, weight: 2.5, runningMax: 10, queued: 0, running: 0 },
  ]);
  await give('PUT', `customers/${orgId}`, { weight: 1, runningMax: null });
  expect(await customers()).toEqual([]);
});

it('an order without a reason, for a host that is not there, or in another region is refused', async () => {
  const order = (path: string, body: unknown) =>
    under.fetch(operator, path, { method: 'POST', body: JSON.stringify(body) });
  expect((await order(`${root}/hosts/${hostId}/drain`, { because: ' ' })).status).toBe(400);
  expect((await order(`${root}/hosts/nowhere-1/drain`, { because: 'gone' })).status).toBe(404);
  expect((await order(`/v1/gpu/us/hosts/${hostId}/drain`, { because: 'there' })).status).toBe(404);
});
