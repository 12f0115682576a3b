/** What is on its way, for whom it would come. */
import { hostIdSchema, type JobId } from '@cellbook/shared/ids.ts';
import { expect, it } from 'vitest';
import { host, Region } from '../testing/region.ts';
import { untilNodeMs } from './until-node.ts';

const large = { sku: 'H100', gpuMemoryMib: 81_559, gpus: 1 };
const small = { sku: 'L4', gpuMemoryMib: 23_034, gpus: 1 };
const outOfMemory = { kind: 'failed', class: 'out_of_memory', detail: 'CUDA out of memory' } as const;

/** The job that waits first of the paid ones. */
function untilFor(region: Region): number | null {
  const queue = region.state.tiers.paid;
  const shape = queue.next(() => true);
  if (!shape) throw new Error('nobody waits');
  return untilNodeMs(region.state, queue, shape, region.nowMs);
}

const asked = (region: Region, number: number, of: { sku: string; gpuMemoryMib: number; gpus: number }) => {
  const [node, hostId] = [`${number}`, hostIdSchema.parse(`node-${number}`)];
  const kind = { name: 'node', ...of, provisionMs: 120_000, gpusMin: 0, gpusMax: 8 };
  const event = { type: 'node_asked', atMs: region.nowMs, node, hostId, kind, because: 'a test' } as const;
  expect(region.apply(event)).toBe(true);
};

/** It ran out of memory on what is small, and waits for the one GPU that is larger. */
function outgrown(region: Region): JobId {
  region.hosts(host('h-1', small));
  const job = region.submit();
  region.decide();
  region.started();
  region.hosts(host('h-2', large));
  region.submit({ tier: 'enterprise', skus: ['H100'], preemptible: false });
  region.decide();
  region.started();
  region.end(job, outOfMemory);
  region.nowMs += 600_000;
  region.decide();
  expect(region.hostOf(job)).toBeNull();
  return job;
}

it('a node with no more memory than a job ran out of is none for it', () => {
  const region = new Region();
  outgrown(region);
  asked(region, 1, small);
  expect(untilFor(region)).toBeNull();
  asked(region, 2, large);
  expect(untilFor(region)).toBe(120_000);
});

it('it is one for who waits for the first time', () => {
  const region = new Region();
  region.hosts(host('h-1', small));
  region.submit();
  region.submit();
  region.decide();
  asked(region, 1, small);
  expect(untilFor(region)).toBe(120_000);
});
