import type { JobId } from '@cellbook/shared/ids.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';
import { dumpState, loadState } from './dump-state.ts';
import { crashed, host, Region } from './testing/region.ts';

describe('a region', () => {
  it('places a job on a free GPU, and ends it with its attempt', () => {
    const region = new Region();
    region.hosts(host('h-1'));
    const job = region.submit();
    expect(region.decide().map(({ type }) => type)).toEqual(['job_placed']);
    expect(region.hostOf(job)).toBe('h-1');
    region.started();
    region.nowMs += 60_000;
    region.end(job);
    expect(region.state.jobs.size).toBe(0);
    expect(region.state.fleet.hosts.get(host('h-1').hostId)?.free).toBe(8);
    expect(region.state.tiers.paid.heldMilli).toBe(0);
  });

  it('keeps who finds no room waiting, until there is some', () => {
    const region = new Region();
    const early = region.submit({ gpus: 8 });
    expect(region.decide()).toEqual([]);
    region.hosts(host('h-1', { gpus: 4 }));
    expect(region.decide()).toEqual([]);
    region.hosts(host('h-2'));
    region.decide();
    expect(region.hostOf(early)).toBe('h-2');
  });

  it('tries again on another host, and on no host that failed it', () => {
    const region = new Region();
    region.hosts(host('h-1'), host('h-2'));
    const job = region.submit();
    region.decide();
    const first = region.hostOf(job);
    region.started();
    region.end(job, crashed);
    region.nowMs += 600_000;
    region.decide();
    expect(region.hostOf(job)).not.toBeNull();
    expect(region.hostOf(job)).not.toBe(first);
  });

  it('tries again in another rack where there is room, and else in the same', () => {
    const region = new Region();
    region.hosts(...['h-1', 'h-2'].map((name) => host(name, { rack: 'a' })));
    region.hosts(...['h-3', 'h-4', 'h-5'].map((name) => host(name, { rack: 'b' })));
    const job = region.submit();
    region.decide();
    region.started();
    region.end(job, crashed);
    region.nowMs += 600_000;
    region.decide();
    expect(region.hostOf(job)).toBe('h-3');
    region.started();
    region.end(job, crashed);
    region.nowMs += 600_000;
    region.decide();
    expect(region.hostOf(job)).toBe('h-2');
  });

  it('gives who ran out of memory larger GPUs, where there are any', () => {
    const region = new Region();
    const small = { sku: 'L4', gpuMemoryMib: 23_034 };
    region.hosts(host('h-1', small), host('h-2', small));
    const job = region.submit();
    region.decide();
    region.started();
    region.hosts(host('h-3'));
    region.end(job, { kind: 'failed', class: 'out_of_memory', detail: 'CUDA out of memory' });
    region.nowMs += 600_000;
    region.decide();
    expect(region.hostOf(job)).toBe('h-3');
  });

  it('gives who ran out of memory what there is once the larger ones are gone, whoever decides', async () => {
    const region = new Region();
    const small = { sku: 'L4', gpuMemoryMib: 23_034 };
    const outgrow = (job: JobId) => {
      region.started();
      region.end(job, { kind: 'failed', class: 'out_of_memory', detail: 'CUDA out of memory' });
    };
    region.hosts(host('h-1', small), host('h-2', small));
    const [one, two] = [region.submit(), region.submit()];
    region.decide();
    region.hostIs(host('h-3'), 'draining');
    outgrow(one);
    outgrow(two);
    region.nowMs += 600_000;
    region.decide();
    expect([one, two].map((job) => region.hostOf(job))).toEqual([null, null]);
    region.hostIs(host('h-3'), 'gone');
    const rebuilt = await loadState(dumpState(region.state));
    const decided = decide(region.state, region.nowMs, seededRandom(3));
    expect(decided.map(({ type }) => type)).toEqual(['job_placed', 'job_placed']);
    expect(decide(rebuilt, region.nowMs, seededRandom(3))).toEqual(decided);
  });

  it('gives who ran out of memory larger ones that come back while it waits', () => {
    const region = new Region();
    const small = { sku: 'L4', gpuMemoryMib: 23_034 };
    region.hosts(host('h-1', small), host('h-3'));
    region.hostIs(host('h-3'), 'gone');
    const job = region.submit();
    region.decide();
    region.started();
    region.hostIs(host('h-2', small), 'draining');
    region.end(job, { kind: 'failed', class: 'out_of_memory', detail: 'CUDA out of memory' });
    region.nowMs += 600_000;
    region.decide();
    region.hosts(host('h-3'), host('h-2', small));
    region.decide();
    expect(region.hostOf(job)).toBe('h-3');
  });

  it('lets a higher tier stop a lower one, and gives what is freed to whom it was for', () => {
    const region = new Region();
    region.hosts(host('h-1'));
    const free = Array.from({ length: 8 }, () => region.submit({ tier: 'free', runMs: 900_000 }));
    region.decide();
    region.started();
    region.nowMs += 120_000;
    const urgent = region.submit({ tier: 'enterprise', customer: 2, gpus: 2 });
    const asked = region.decide().filter(({ type }) => type === 'preemption_asked');
    expect(asked).toHaveLength(2);
    const victims = free.filter((job) => region.attemptOf(job)?.preempting);
    const other = region.submit({ tier: 'enterprise', customer: 3 });
    region.end(victims[0]!, { kind: 'preempted' }, 120_000);
    region.decide();
    expect(region.hostOf(other)).toBeNull();
    region.end(victims[1]!, { kind: 'preempted' }, 120_000);
    region.decide();
    expect(region.hostOf(urgent)).toBe('h-1');
  });

  it('keeps the one host that is wide enough for the gang of the tier that has least of its share', () => {
    const region = new Region();
    region.hosts(host('h-1'));
    region.submit({ tier: 'paid', gpus: 8 });
    region.decide();
    region.started();
    region.submit({ tier: 'free', customer: 2, gpus: 8 });
    region.submit({ tier: 'paid', customer: 3, gpus: 8 });
    const enterprise = region.submit({ tier: 'enterprise', customer: 4, gpus: 8 });
    region.decide();
    expect([...region.state.reservations.keys()]).toEqual([enterprise]);
  });

  it('looks again at who had room only where his tier could not pay, when it can', () => {
    const region = new Region();
    // Of 28, free may hold 19.6: the dear host is 16.
    region.policy((policy) => ({
      ...policy,
      skuPrice: { dear: 2 },
      tiers: { ...policy.tiers, free: { ...policy.tiers.free, ceilingShare: 0.7 } },
    }));
    region.hosts(host('h-1'), host('h-2', { sku: 'dear' }), host('h-3', { gpus: 4 }));
    region.submit({ tier: 'paid', gpus: 8, skus: ['H100'] });
    const small = region.submit({ tier: 'free', customer: 2, gpus: 4, skus: ['H100'] });
    region.decide();
    region.started();
    const wide = region.submit({ tier: 'free', customer: 3, gpus: 8 });
    region.decide();
    expect(region.hostOf(wide)).toBeNull();
    region.end(small);
    region.decide();
    expect(region.hostOf(wide)).toBe('h-2');
  });

  it('does not look again at a deep queue that fits nowhere before room of its kind appears', () => {
    const region = new Region();
    // Its tier may hold more: what is wanting is room.
    region.hosts(host('h-1'), host('a-1', { sku: 'A100' }), host('l-1', { sku: 'L4' }));
    const [dear, other] = ['A100', 'H100'].map((sku) => region.submit({ gpus: 8, skus: [sku] })) as [
      JobId,
      JobId,
    ];
    region.decide();
    for (let job = 0; job < 500; job++) region.submit({ customer: 1 + (job % 5), skus: ['A100'] });
    region.decide();
    region.started();
    const parked = () =>
      region.state.tiers.paid.classes.filter(({ queued }) => queued > 0).map((shape) => shape.parked);
    expect(parked()).toEqual(['room']);
    region.end(other);
    region.submit({ customer: 9, gpus: 4, skus: ['H100'] });
    region.decide();
    expect(parked()).toEqual(['room']);
    region.end(dear);
    expect(parked()).toEqual([null]);
    region.decide();
    expect(region.running()).toHaveLength(9);
  });
});
