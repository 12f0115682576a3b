import { hostIdSchema } from '@cellbook/shared/ids.ts';
import { describe, expect, it } from 'vitest';
import { dumpState, loadState, stateDigest } from '../dump-state.ts';
import { usualScale } from '../model/default-policy.ts';
import type { NodeKind } from '../model/policy.ts';
import { host, Region } from '../testing/region.ts';

const minuteMs = 60_000;
const kind: NodeKind = {
  ...{ name: 'cloud', sku: 'H100', gpus: 8, gpuMemoryMib: 81_559, provisionMs: 4 * minuteMs },
  ...{ gpusMin: 0, gpusMax: 32 },
};

/** One host that nobody gave, full for an hour, and a provider. */
function regionWith(): Region {
  const region = new Region();
  provide(region, kind);
  region.hosts(host('own'));
  return region;
}

function provide(region: Region, ...nodes: NodeKind[]): void {
  region.policy((policy) => ({ ...policy, scale: { ...usualScale, nodes } }));
}

function fill(region: Region, jobs: number, runMs = 60 * minuteMs): void {
  for (let at = 0; at < jobs; at++) region.submit({ runMs, tier: 'paid' });
  region.decide();
  region.started();
}

const nodesOf = ({ state }: Region) => [...state.capacity.nodes.values()];
const later = (region: Region, ms: number) => {
  region.nowMs += ms;
  return region.decide();
};

describe('hosts that a provider gives', () => {
  it('are asked for by a number that none had, for what waits, and are up when their agent has reported', () => {
    const region = regionWith();
    fill(region, 16);
    const [asked] = nodesOf(region);
    expect(nodesOf(region)).toHaveLength(1);
    expect(asked).toMatchObject({ node: '1', hostId: 'cloud-n1', phase: 'asked' });
    later(region, 5_000);
    expect(nodesOf(region)).toHaveLength(1);
    region.hostIs(host('cloud-n1'), 'up');
    const events = region.decide();
    expect(events[0]).toMatchObject({ type: 'job_placed', hostId: 'cloud-n1' });
    expect(events).toContainEqual(expect.objectContaining({ type: 'node_arrived', node: '1' }));
    expect(nodesOf(region)[0]?.phase).toBe('up');
  });

  it('are asked for as large as those need that have run out of memory on smaller ones', () => {
    const small = { ...kind, name: 'small', sku: 'L4', gpuMemoryMib: 23_034 };
    const region = new Region();
    provide(region, small, kind);
    region.hosts(host('own', { sku: 'L4', gpuMemoryMib: 23_034 }));
    const jobs = Array.from({ length: 8 }, () => region.submit({ runMs: 60 * minuteMs }));
    region.decide();
    region.started();
    region.hosts(host('big'));
    fill(region, 8);
    for (const job of jobs)
      region.end(job, { kind: 'failed', class: 'out_of_memory', detail: 'CUDA out of memory' });
    const before = nodesOf(region).length;
    later(region, 2 * minuteMs);
    const since = nodesOf(region).slice(before);
    expect(since.map((node) => node.kind.name)).toEqual(['cloud']);
  });

  it('that do not come are given up, and the next is asked for by another number, after a while', () => {
    const region = regionWith();
    fill(region, 16);
    later(region, 14 * minuteMs + 1);
    expect(region.log.at(-1)).toMatchObject({ type: 'node_failed', node: '1' });
    expect(nodesOf(region)).toEqual([]);
    later(region, minuteMs);
    expect(nodesOf(region).map(({ node }) => node)).toEqual(['2']);
  });

  it('that fall silent are given back, and others come for them', () => {
    const region = regionWith();
    fill(region, 16);
    region.hostIs(host('cloud-n1'), 'up');
    region.decide();
    region.hostIs(host('cloud-n1'), 'silent');
    for (const { jobId, hostId } of region.running())
      if (hostId === hostIdSchema.parse('cloud-n1'))
        region.end(jobId, { kind: 'failed', class: 'lost', detail: 'silent' });
    later(region, minuteMs);
    expect(nodesOf(region)).toMatchObject([
      { node: '1', phase: 'removing' },
      { node: '2', phase: 'asked' },
    ]);
  });

  it('that are too many for a quarter of an hour take nothing new, and go when their last job has ended', () => {
    const region = regionWith();
    fill(region, 9);
    region.hostIs(host('cloud-n1'), 'up');
    region.decide();
    region.started();
    later(region, minuteMs);
    const kept = region.running().find(({ hostId }) => hostId === hostIdSchema.parse('cloud-n1'))!;
    for (const { jobId } of region.running()) if (jobId !== kept.jobId) region.end(jobId);
    later(region, 14 * minuteMs);
    expect(nodesOf(region)[0]?.phase).toBe('up');
    later(region, 2 * minuteMs);
    expect(nodesOf(region)[0]?.phase).toBe('leaving');
    const after = region.submit();
    region.decide();
    expect(region.hostOf(after)).toBe('own');
    region.end(kept.jobId);
    region.decide();
    expect(nodesOf(region)[0]?.phase).toBe('removing');
    region.apply({ type: 'node_removed', atMs: region.nowMs, node: '1' });
    expect(nodesOf(region)).toEqual([]);
  });

  it('that are to go are kept when there is work again, before another is asked for', () => {
    const region = regionWith();
    fill(region, 9, 60 * minuteMs);
    region.hostIs(host('cloud-n1'), 'up');
    region.decide();
    region.started();
    const kept = region.running().find(({ hostId }) => hostId === hostIdSchema.parse('cloud-n1'))!;
    for (const { jobId } of region.running()) if (jobId !== kept.jobId) region.end(jobId);
    later(region, 16 * minuteMs);
    expect(nodesOf(region)[0]?.phase).toBe('leaving');
    fill(region, 24);
    expect(nodesOf(region)[0]?.phase).toBe('up');
    expect(region.state.fleet.hosts.get(hostIdSchema.parse('cloud-n1'))?.free).toBe(0);
  });

  it('are known to whoever starts from a snapshot, and a number is never given out twice', async () => {
    const region = regionWith();
    fill(region, 16);
    const copy = await loadState(dumpState(region.state));
    expect(stateDigest(copy)).toBe(stateDigest(region.state));
    const [asked] = region.log.filter(({ type }) => type === 'node_asked');
    expect(region.apply(asked!)).toBe(false);
    expect(region.apply({ type: 'node_removed', atMs: region.nowMs, node: '1' })).toBe(false);
  });
});

describe('whoever cannot wait for GPUs', () => {
  /** Free jobs that have run for ten minutes fill the only host; somebody of enterprise comes. */
  function crowded(provisionMs: number | null): Region {
    const region = new Region();
    region.hosts(host('own'));
    for (let at = 0; at < 8; at++) region.submit({ tier: 'free', runMs: 60 * minuteMs });
    region.decide();
    region.started();
    region.nowMs += 10 * minuteMs;
    if (provisionMs !== null) provide(region, { ...kind, provisionMs });
    region.submit({ tier: 'enterprise', gpus: 4, runMs: 10 * minuteMs, customer: 2 });
    return region;
  }
  const preemptions = (region: Region) =>
    region.decide().filter(({ type }) => type === 'preemption_asked').length;

  it('stops others where no host comes, or one comes too late', () => {
    expect(preemptions(crowded(null))).toBe(4);
    expect(preemptions(crowded(60 * minuteMs))).toBe(4);
  });

  it('waits for a host that comes before his target has passed, or sooner than the victims lose is made good', () => {
    expect(preemptions(crowded(10_000))).toBe(0);
    const soon = crowded(minuteMs);
    expect(preemptions(soon)).toBe(0);
    expect(nodesOf(soon)).toHaveLength(1);
  });
});
