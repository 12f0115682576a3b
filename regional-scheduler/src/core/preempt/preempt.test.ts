import type { JobId } from '@cellbook/shared/ids.ts';
import { describe, expect, it } from 'vitest';
import { host, type JobWords, Region } from '../testing/region.ts';

const minuteMs = 60_000;

function regionOf(...jobs: JobWords[]): { region: Region; running: JobId[] } {
  const region = new Region();
  region.hosts(host('a', { sku: 'A100' }));
  const running = jobs.map((words) => region.submit({ runMs: 60 * minuteMs, ...words }));
  region.decide();
  region.started();
  return { region, running };
}
const eight = (words: JobWords): JobWords[] => Array.from({ length: 8 }, () => words);

function stopped(region: Region): JobId[] {
  return region.decide().flatMap((event) => (event.type === 'preemption_asked' ? [event.jobId] : []));
}

describe('for who cannot wait', () => {
  it('a host is cleared of all lower tiers, where one of them holds more than it is entitled to', () => {
    const paid = { tier: 'paid', customer: 2, skus: ['A100'] } as const;
    const { region, running } = regionOf(...eight({ tier: 'free', skus: ['A100'] }).slice(2), paid, paid);
    region.hosts(host('b'));
    for (const words of eight({ tier: 'free' })) region.submit({ runMs: 60 * minuteMs, ...words });
    region.decide();
    region.started();
    region.nowMs += minuteMs;
    region.submit({ tier: 'enterprise', gpus: 8, customer: 3, skus: ['A100'] });
    // Two of paid have nothing then, and that is no better than one of enterprise.
    expect(stopped(region)).toEqual([]);
    for (const words of eight({ tier: 'paid', customer: 2 }).slice(4)) region.submit(words);
    region.hosts(host('c', { gpus: 4 }));
    expect(stopped(region).toSorted()).toEqual(running.toSorted());
  });

  it('nobody is stopped who has hardly begun, whoever waits', () => {
    const { region } = regionOf(...eight({ tier: 'free' }));
    region.nowMs += 10_000;
    region.submit({ tier: 'enterprise', gpus: 4, customer: 3 });
    expect(stopped(region)).toEqual([]);
    region.nowMs += 10_000;
    expect(stopped(region)).toHaveLength(4);
  });

  it('a wait of a higher tier weighs more than what a lower one loses, and not the other way round', () => {
    const { region } = regionOf(...eight({ tier: 'free', checkpoints: false }));
    // Ten minutes of work of each would be thrown away for a wait of five.
    region.nowMs += 10 * minuteMs;
    region.submit({ tier: 'enterprise', gpus: 1, customer: 3 });
    expect(stopped(region)).toHaveLength(1);
  });
});

/** Jobs of it are looked at again later. */
function refuse(region: Region): { features: string[] } {
  region.apply({
    ...{ type: 'class_limited', atMs: region.nowMs, feature: 'word:x', limit: 'refused' },
    because: 'a test says so',
  });
  return { features: ['word:x'] };
}

describe('for whose class may not run', () => {
  it('nobody of a lower tier is stopped', () => {
    const { region } = regionOf(...eight({ tier: 'free' }));
    region.nowMs += minuteMs;
    const job = { tier: 'enterprise', gpus: 4, customer: 3 } as const;
    region.submit({ ...job, ...refuse(region) });
    expect(stopped(region)).toEqual([]);
    region.submit({ ...job, gpus: 2 });
    expect(stopped(region)).toHaveLength(2);
  });

  it('nobody of his own is', () => {
    const { region } = regionOf(...eight({ tier: 'paid', runMs: 10 * 60 * minuteMs }));
    region.nowMs += 31 * minuteMs;
    region.submit({ tier: 'paid', runMs: minuteMs, ...refuse(region) });
    expect(stopped(region)).toEqual([]);
    region.submit({ tier: 'paid', runMs: minuteMs, gpus: 2 });
    expect(stopped(region)).toHaveLength(2);
  });
});

describe('within a tier', () => {
  const long = { tier: 'paid', runMs: 10 * 60 * minuteMs } as const;

  it('who has run for a slice makes way for who has run for less, and comes after him', () => {
    const { region, running } = regionOf(...eight(long));
    region.nowMs += 29 * minuteMs;
    const next = region.submit({ tier: 'paid', runMs: minuteMs });
    expect(stopped(region)).toEqual([]);
    region.nowMs += 2 * minuteMs;
    const [victim] = stopped(region);
    expect(running).toContain(victim);
    region.end(victim!, { kind: 'preempted' }, 31 * minuteMs);
    region.decide();
    region.started();
    expect(region.hostOf(next)).toBe('a');
    // He waits until others have run for half a slice more than he has, and is not stopped for them then.
    region.nowMs += 10 * minuteMs;
    expect(stopped(region)).toEqual([]);
    region.nowMs += 10 * minuteMs;
    expect(stopped(region)).toHaveLength(1);
  });

  it('nobody is stopped who could not go on, or whose customer has had less', () => {
    const { region } = regionOf(...eight({ ...long, checkpoints: false }));
    region.nowMs += 31 * minuteMs;
    region.submit({ tier: 'paid', runMs: minuteMs });
    expect(stopped(region)).toEqual([]);
    const shared = regionOf(...eight({ ...long, customer: 1 }).slice(1), { ...long, customer: 2 });
    const [ofTwo] = shared.running.slice(-1);
    shared.region.nowMs += 31 * minuteMs;
    shared.region.submit({ tier: 'paid', runMs: minuteMs, customer: 2 });
    const [victim] = stopped(shared.region);
    expect(victim).toBeDefined();
    expect(victim).not.toBe(ofTwo);
  });

  it('those for whom nobody can be stopped keep nobody behind them from his slice', () => {
    const { region, running } = regionOf(...eight({ ...long, skus: ['A100'] }));
    region.hosts(host('b', { sku: 'L40S' }));
    for (const words of eight({ ...long, skus: ['L40S'], checkpoints: false })) region.submit(words);
    region.decide();
    region.started();
    region.nowMs += 31 * minuteMs;
    for (let customer = 2; customer < 10; customer++)
      region.submit({ tier: 'paid', runMs: minuteMs, skus: ['L40S'], customer });
    // Of the customer that has had most, and so after all of them.
    region.submit({ tier: 'paid', runMs: minuteMs, skus: ['A100'] });
    const rounds = Array.from({ length: 20 }, () => stopped(region)).flat();
    expect(rounds).toHaveLength(1);
    expect(running).toContain(rounds[0]);
  });

  it('nobody is stopped where no slice is set', () => {
    const { region } = regionOf(...eight(long));
    region.policy(({ preemption: { sliceMs: _, ...preemption }, ...policy }) => ({ ...policy, preemption }));
    region.nowMs += 60 * minuteMs;
    region.submit({ tier: 'paid', runMs: minuteMs });
    expect(stopped(region)).toEqual([]);
  });
});
