/** What a region tells at /metrics of what happens in it and of what it holds, from the core's own events. */
import { ManualClock } from '@cellbook/shared/clock.ts';
import { createMetrics } from '@cellbook/shared/metrics.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { crashed, host, Region, startMs } from '../core/testing/region.ts';
import { EventCounter } from './count-events.ts';
import { stateGauges } from './state-gauges.ts';

let region: Region;
let leadership: { leads: boolean; epoch: number };
let metrics: ReturnType<typeof createMetrics>;
let counter: EventCounter;
let told = 0;

beforeEach(() => {
  region = new Region();
  leadership = { leads: true, epoch: 1 };
  metrics = createMetrics();
  counter = new EventCounter(metrics, { state: () => region.state, leadership: () => leadership });
  told = 0;
});

/** What has happened since is committed, as the leader of that epoch tells it. */
function commit(epoch = 1): void {
  const entries = region.log.slice(told).map((event, index) => ({ event, epoch, seq: told + index + 1 }));
  told = region.log.length;
  counter.committed(entries);
}

async function shown(name: string): Promise<Record<string, number>> {
  const { body } = await metrics.render();
  const lines = body.split('\n').filter((line) => line.startsWith(`cellbook_scheduler_${name}`));
  const values = lines.map((line) => line.replace('cellbook_scheduler_', '').split(' '));
  return Object.fromEntries(
    values.map(([series = '', value]) => [series, Number(value)]).filter(([, n]) => n !== 0),
  );
}

describe('what happens', () => {
  it('a start counts from when the job could run, against its tier’s target, and once', async () => {
    const dueMs = startMs + 100_000;
    const [prompt, late] = [region.submit({ notBeforeMs: dueMs }), region.submit({ tier: 'enterprise' })];
    region.nowMs = dueMs;
    region.hosts(host('a'), host('b'));
    region.decide();
    commit();
    region.nowMs += 20_000;
    region.started();
    commit();
    expect(await shown('job_starts_total')).toEqual({
      'job_starts_total{tier="paid",in_time="yes"}': 1,
      'job_starts_total{tier="enterprise",in_time="no"}': 1,
    });
    expect(await shown('job_start_seconds_sum')).toEqual({
      'job_start_seconds_sum{tier="paid"}': 20,
      'job_start_seconds_sum{tier="enterprise"}': 120,
    });
    for (const job of [prompt, late]) region.end(job, crashed);
    commit();
    region.nowMs += 600_000;
    region.decide();
    region.started();
    commit();
    expect(Object.values(await shown('job_starts_total'))).toEqual([1, 1]);
    expect(await shown('retries_total')).toEqual({ 'retries_total{class="crashed"}': 2 });
  });

  it('a dead letter counts by how its last attempt failed, with the GPU time that came to nothing', async () => {
    region.hosts(host('a'), host('b'), host('c'));
    const job = region.submit({ gpus: 2 });
    for (let attempt = 0; attempt < 3; attempt++) {
      region.nowMs += 200_000;
      region.decide();
      region.started();
      commit();
      region.nowMs += 5_000;
      region.end(job, crashed);
      commit();
    }
    expect(await shown('dead_letters_total')).toEqual({ 'dead_letters_total{class="crashed"}': 1 });
    expect(await shown('jobs_ended_total')).toEqual({ 'jobs_ended_total{phase="dead_lettered"}': 1 });
    expect(await shown('lost_gpu_seconds_total')).toEqual({ 'lost_gpu_seconds_total{outcome="failed"}': 30 });
    expect(await shown('gpu_seconds_total')).toEqual({ 'gpu_seconds_total{tier="paid"}': 30 });
  });

  it('a host that stops is another cause of a preemption than a tier that may', async () => {
    region.hosts(host('a', { gpus: 1 }));
    const job = region.submit({ tier: 'free' });
    region.decide();
    region.started();
    commit();
    const { attemptId } = region.attemptOf(job)!;
    const urgent = region.submit({ tier: 'enterprise' });
    const asked = { jobId: job, attemptId, forJobId: urgent, stopByMs: region.nowMs + 1 };
    region.apply({ type: 'preemption_asked', atMs: region.nowMs, ...asked });
    region.end(job, { kind: 'preempted' });
    commit();
    region.decide();
    region.started();
    commit();
    region.end(urgent, { kind: 'preempted' });
    commit();
    expect(await shown('preemptions_total')).toEqual({
      'preemptions_total{tier="free",cause="priority"}': 1,
      'preemptions_total{tier="enterprise",cause="host"}': 1,
    });
  });

  it('followers count nothing, nor does a leader what was committed before its term', async () => {
    region.hosts(host('a'));
    const job = region.submit();
    region.decide();
    leadership = { leads: false, epoch: 1 };
    commit();
    leadership = { leads: true, epoch: 2 };
    region.apply({ type: 'term_began', atMs: region.nowMs, epoch: 2 });
    commit(2);
    expect(await shown('jobs_placed_total')).toEqual({});
    expect(await shown('terms_total')).toEqual({ terms_total: 1 });
    // What was placed before it began starts and ends in its term.
    region.nowMs += 4_000;
    region.started();
    region.nowMs += 60_000;
    region.end(job);
    commit(2);
    expect(await shown('job_start_seconds_sum')).toEqual({ 'job_start_seconds_sum{tier="paid"}': 4 });
    expect(await shown('attempts_ended_total')).toMatchObject({
      'attempts_ended_total{tier="paid",outcome="succeeded",class=""}': 1,
    });
  });

  it('each kind of event is there as zero before it first happens', async () => {
    const { body } = await metrics.render();
    expect(body).toContain('cellbook_scheduler_dead_letters_total{class="hung"} 0');
    expect(body).toContain('cellbook_scheduler_rollout_steps_total{step="rolled_back"} 0');
    expect(body).toContain('cellbook_scheduler_job_starts_total{tier="free",in_time="no"} 0');
  });
});

describe('what there is', () => {
  const look = async () => {
    await stateGauges(metrics, new ManualClock(region.nowMs))(region.state);
  };

  it('each GPU is one thing, and those of no use to the usual next job are told', async () => {
    region.hosts(host('a', { unhealthy: [7] }), host('b', { gpus: 2 }));
    region.submit({ gpus: 6 });
    region.decide();
    region.hostIs(host('b', { gpus: 2 }), 'draining');
    await look();
    expect(await shown('gpus')).toEqual({
      'gpus{sku="H100",state="busy"}': 6,
      'gpus{sku="H100",state="free"}': 1,
      'gpus{sku="H100",state="unhealthy"}': 1,
      'gpus{sku="H100",state="draining"}': 2,
    });
    expect(await shown('hosts')).toEqual({ 'hosts{phase="up"}': 1, 'hosts{phase="draining"}': 1 });
  });

  it('who waits longest, and what tiers hold of what they are owed', async () => {
    region.hosts(host('a', { gpus: 4 }));
    for (let job = 0; job < 4; job++) region.submit({ tier: 'free' });
    region.decide();
    region.submit({ tier: 'paid' });
    region.nowMs += 90_000;
    region.submit({ tier: 'paid', gpus: 3 });
    await look();
    expect(await shown('queue_oldest_seconds')).toEqual({ 'queue_oldest_seconds{tier="paid"}': 90 });
    expect(await shown('queue_gpus')).toEqual({ 'queue_gpus{tier="paid"}': 4 });
    expect(await shown('jobs{')).toEqual({ 'jobs{phase="queued"}': 2, 'jobs{phase="scheduled"}': 4 });
    const shares = await shown('tier_gpus');
    expect(shares['tier_gpus{tier="free",what="held"}']).toBe(4);
    expect(shares['tier_gpus{tier="paid",what="wanted"}']).toBe(4);
    expect(shares['tier_gpus{tier="paid",what="owed"}']).toBeCloseTo(1.2);
  });

  it('what is gone is told no more', async () => {
    region.hosts(host('a', { sku: 'L4' }));
    await look();
    region.hostIs(host('a', { sku: 'L4' }), 'gone');
    await look();
    expect(await shown('gpus')).toEqual({});
  });
});
