import { type JobId, newAttemptId, regionIdSchema } from '@cellbook/shared/ids.ts';
import { describe, expect, it } from 'vitest';
import { jobView } from './state.ts';
import { host, org, Region, succeeded } from './testing/region.ts';

function busy(): { region: Region; running: JobId } {
  const region = new Region();
  region.hosts(host('h-1'));
  const running = region.submit({ gpus: 8, runMs: 600_000 });
  region.decide();
  region.started();
  return { region, running };
}

function endings(region: Region): string[] {
  return region.log.flatMap((event) => (event.type === 'job_ended' ? [event.phase] : []));
}

describe('a job', () => {
  it('is cancelled at once where it waits, and with its attempt where it runs', () => {
    const { region, running } = busy();
    const waiting = region.submit({ customer: 2, gpus: 8 });
    for (const jobId of [waiting, running]) region.apply({ type: 'cancel_asked', atMs: region.nowMs, jobId });
    region.decide();
    expect(endings(region)).toEqual(['cancelled']);
    expect(jobView(region.state, running)).toMatchObject({ phase: 'running', cancelAsked: true });
    region.end(running, { kind: 'cancelled' });
    expect(endings(region)).toEqual(['cancelled', 'cancelled']);
    expect(region.state.jobs.size).toBe(0);
  });

  it('that makes its result before it hears that it is cancelled has succeeded', () => {
    const { region, running } = busy();
    region.apply({ type: 'cancel_asked', atMs: region.nowMs, jobId: running });
    region.end(running, succeeded);
    expect(endings(region)).toEqual(['succeeded']);
  });

  it('times out in the queue, and is stopped where it runs, when its deadline passes', () => {
    const region = new Region();
    region.hosts(host('h-1'));
    const deadlineMs = region.nowMs + 60_000;
    const running = region.submit({ gpus: 8, deadlineMs });
    const waiting = region.submit({ customer: 2, gpus: 8, deadlineMs });
    region.decide();
    region.started();
    region.nowMs = deadlineMs;
    region.decide();
    expect(jobView(region.state, waiting)).toBeNull();
    expect(jobView(region.state, running)).toMatchObject({ phase: 'running', cancelAsked: true });
    region.end(running, { kind: 'cancelled' });
    expect(endings(region)).toEqual(['timed_out', 'timed_out']);
  });

  it('is stopped when its budget is used up and its agent has not stopped it', () => {
    const region = new Region();
    region.hosts(host('h-1'));
    const job = region.submit({ wallMsMax: 300_000, runMs: 60_000 });
    region.decide();
    region.started();
    for (const minutes of [3, 5, 7]) {
      region.nowMs += minutes * 60_000;
      region.decide();
    }
    expect(jobView(region.state, job)?.cancelAsked).toBe(true);
    region.end(job, { kind: 'cancelled' });
    expect(endings(region)).toEqual(['timed_out']);
  });

  it('waits for its time', () => {
    const region = new Region();
    region.hosts(host('h-1'));
    const job = region.submit({ notBeforeMs: region.nowMs + 60_000 });
    expect(region.decide()).toEqual([]);
    region.nowMs += 60_000;
    region.decide();
    expect(region.hostOf(job)).toBe('h-1');
  });

  it('that is offered to another region is placed by nobody until that has answered', () => {
    const { region } = busy();
    const to = regionIdSchema.parse('us');
    const [taken, refused] = [region.submit({ customer: 2 }), region.submit({ customer: 3 })];
    for (const jobId of [taken, refused])
      region.apply({ type: 'spill_offered', atMs: region.nowMs, jobId, to, handoff: 7 });
    region.hosts(host('h-2'));
    expect(region.decide()).toEqual([]);
    const settled = { type: 'spill_settled', atMs: region.nowMs } as const;
    expect(region.apply({ ...settled, jobId: taken, handoff: 6, taken: true })).toBe(false);
    region.apply({ ...settled, jobId: taken, handoff: 7, taken: true });
    region.apply({ ...settled, jobId: refused, handoff: 7, taken: false });
    const again = { type: 'spill_offered', atMs: region.nowMs, jobId: refused, to } as const;
    expect(region.apply({ ...again, handoff: 7 })).toBe(false);
    region.decide();
    expect(jobView(region.state, taken)).toBeNull();
    expect(region.hostOf(refused)).toBe('h-2');
  });

  it('of a person who waits in front of it goes before batch jobs of its tier', () => {
    const { region, running } = busy();
    const batch = region.submit({ customer: 2, gpus: 8, runMs: 1_000 });
    const person = region.submit({ customer: 3, gpus: 8, interactive: true, orgId: org(3) });
    region.end(running);
    region.decide();
    expect([region.hostOf(person), region.hostOf(batch)]).toEqual(['h-1', null]);
  });

  it('is not moved by what is told twice, late, or of another', () => {
    const { region, running } = busy();
    const { attemptId } = region.attemptOf(running)!;
    const ids = { atMs: region.nowMs, jobId: running };
    const ended = {
      type: 'attempt_ended',
      ranMs: 1,
      savedMs: 0,
      retryAtMs: null,
      outcome: succeeded,
    } as const;
    expect(region.apply({ ...ended, ...ids, attemptId: newAttemptId(region.random) })).toBe(false);
    expect(region.apply({ type: 'attempt_started', ...ids, attemptId })).toBe(false);
    expect(region.apply({ type: 'job_ended', ...ids, phase: 'succeeded', because: '' })).toBe(false);
    region.end(running);
    expect(region.apply({ ...ended, ...ids, attemptId })).toBe(false);
    expect(region.apply({ type: 'job_ended', ...ids, phase: 'failed', because: '' })).toBe(false);
  });
});

describe('a host', () => {
  it('that drains, or is quarantined, is given nothing new and keeps what it runs', () => {
    const { region, running } = busy();
    for (const phase of ['draining', 'quarantined'] as const) region.hostIs(host('h-1'), phase);
    region.submit({ customer: 2 });
    expect(region.decide()).toEqual([]);
    expect(region.hostOf(running)).toBe('h-1');
  });

  it('is given no job on a device that is unhealthy', () => {
    const region = new Region();
    region.hosts(host('h-1', { gpus: 4, unhealthy: [0, 2] }));
    const job = region.submit({ gpus: 2 });
    const wide = region.submit({ customer: 2, gpus: 4 });
    region.decide();
    expect(region.attemptOf(job)?.devices).toEqual([1, 3]);
    expect(region.hostOf(wide)).toBeNull();
  });

  it('that is gone is forgotten when what it ran has ended', () => {
    const { region, running } = busy();
    region.hostIs(host('h-1'), 'gone');
    expect(region.state.fleet.hosts.size).toBe(1);
    region.end(running);
    expect(region.state.fleet.hosts.size).toBe(0);
  });
});

describe('what is nominated', () => {
  it('is everybody’s again when whom it was for goes', () => {
    const region = new Region();
    region.hosts(host('h-1'));
    const free = Array.from({ length: 8 }, () => region.submit({ tier: 'free', runMs: 900_000 }));
    region.decide();
    region.started();
    region.nowMs += 120_000;
    const urgent = region.submit({ tier: 'enterprise', customer: 2 });
    region.decide();
    const victim = free.find((job) => region.attemptOf(job)?.preempting)!;
    expect(region.state.reservations.get(urgent)?.nominated).toBe(true);
    region.apply({ type: 'cancel_asked', atMs: region.nowMs, jobId: urgent });
    region.end(victim, { kind: 'preempted' }, 120_000);
    const other = region.submit({ tier: 'paid', customer: 3 });
    region.decide();
    expect(region.hostOf(other)).toBe('h-1');
    expect(region.state.reservations.size).toBe(0);
  });
});
