import {
  attemptIdSchema,
  hostIdSchema,
  jobIdSchema,
  orgIdSchema,
  userIdSchema,
} from '@cellbook/shared/ids.ts';
import {
  type AgentReport,
  type AttemptReport,
  agentReportSchema,
} from '@cellbook/shared/protocol/gpu-agent-api.ts';
import { describe, expect, it } from 'vitest';
import type { Attempt, JobSpec } from '../model/job.ts';
import { ordersFor } from './orders.ts';
import { readReport, readSilence } from './read-report.ts';
import { Term } from './term.ts';
import type { AttemptView, HostView } from './views.ts';

const hostId = hostIdSchema.parse('host-1');
const [a, b] = ['a', 'b'].map((letter) => attemptIdSchema.parse(`att-${letter.repeat(20)}`)) as [
  Attempt['attemptId'],
  Attempt['attemptId'],
];
const jobId = jobIdSchema.parse(`job-${'a'.repeat(20)}`);

const term = () => new Term({ epoch: 3, beganMs: 0, leaseMs: 60_000, marginMs: 5_000, stallMs: 5_000 });
const reading = { nowMs: 50_000, term: term(), judge: () => ({ retryAtMs: 50_000 }) };
const ordering = { ...reading, payloadOf: () => ({ prompt: 'a sea', parameters: {} }) };

function running(changes: Partial<Attempt> = {}): AttemptView {
  const job: JobSpec = {
    jobId,
    orgId: orgIdSchema.parse(`org-${'a'.repeat(20)}`),
    userId: userIdSchema.parse(`user-${'a'.repeat(20)}`),
    ...{
      tier: 'paid',
      kind: 'video',
      binary: 'renderer',
      features: [],
      gpus: 2,
      skus: null,
      gpuMemoryMib: 1,
    },
    ...{ submittedMs: 0, notBeforeMs: null, deadlineMs: null, wallMsMax: 600_000, attemptsMax: 3 },
    predicted: { p50Ms: 1, p95Ms: 2, seen: 0, model: 'none' },
    ...{ preemptible: true, checkpoints: true, interactive: false, regions: null, reservedMicros: 0 },
  };
  const attempt: Attempt = {
    ...{ attemptId: a, hostId, devices: [0, 1], version: '1', placedMs: 1, startedMs: 10_000 },
    ...{ savedMs: 0, checkpointKey: null, progress: null, preempting: null },
    ...changes,
  };
  return { job, attempt, cancelAsked: false, ranMs: 100_000 };
}

function view(...attempts: AttemptView[]): HostView {
  const spec = {
    hostId,
    sku: 'H100',
    rack: 'r1',
    gpus: 2,
    gpuMemoryMib: 80_000,
    generation: 7,
    unhealthy: [],
    binaries: [],
  };
  return { spec, phase: 'up', attempts };
}

function report(changes: Partial<AgentReport> = {}): AgentReport {
  const device = (index: number) => ({
    index,
    uuid: `SIM-${index}`,
    sku: 'H100',
    memoryMib: 80_000,
    healthy: true,
  });
  return agentReportSchema.parse({
    ...{ hostId, rack: 'r1', generation: 7, sequence: 4, epoch: 3, devices: [device(0), device(1)] },
    ...{ draining: false, binaries: [], attempts: [], waitMs: 0 },
    ...changes,
  });
}

function told(state: AttemptReport['state'], changes: Partial<AttemptReport> = {}): AttemptReport {
  const rest = { checkpointKey: null, progress: null, logTail: '', memoryMibMax: 0 };
  return { attemptId: a, jobId, epoch: 3, state, ranMs: 30_000, savedMs: 0, ...rest, ...changes };
}

const checkpointKey = `checkpoints/${jobId}/${b}/1`;
const endedWith = (resultKey: string) =>
  ({ phase: 'ended', outcome: { kind: 'succeeded', resultKey, bytes: 1 } }) as const;
const succeeded = endedWith(`results/${jobId}/${a}/out.mp4`);
const types = (events: readonly { type: string }[]) => events.map(({ type }) => type);

describe('reading a report', () => {
  it('of a host that an operator holds says that it is quarantined, whatever it was meanwhile', () => {
    const held = { ...view(), phase: 'silent', isHeld: true } as const;
    expect(readReport(held, report({ generation: 8 }), reading)).toMatchObject([
      { type: 'host_changed', phase: 'quarantined' },
    ]);
    expect(readReport({ ...held, isHeld: false }, report({ generation: 8 }), reading)).toMatchObject([
      { type: 'host_changed', phase: 'up' },
    ]);
  });

  it('says once that an attempt runs, that it saved, and that it ended', () => {
    const fresh = running({ startedMs: null });
    expect(
      types(readReport(view(fresh), report({ attempts: [told({ phase: 'running' })] }), reading)),
    ).toEqual(['attempt_started']);
    const saved = told({ phase: 'running' }, { savedMs: 20_000, checkpointKey });
    expect(types(readReport(view(running()), report({ attempts: [saved] }), reading))).toEqual([
      'attempt_saved',
    ]);
    const again = view(running({ savedMs: 20_000, checkpointKey }));
    expect(readReport(again, report({ attempts: [saved] }), reading)).toEqual([]);
    const [end] = readReport(view(running()), report({ attempts: [told(succeeded)] }), reading);
    expect(end).toMatchObject({ type: 'attempt_ended', attemptId: a, ranMs: 30_000, retryAtMs: 50_000 });
  });

  it('takes no other’s object as its result, nor one that is none', () => {
    const otherJob = `job-${'b'.repeat(20)}`;
    const keyed = (key: string) =>
      readReport(view(running()), report({ attempts: [told(endedWith(key))] }), reading)[0];
    expect(keyed(`results/${jobId}/${a}/out.mp4`)).toMatchObject({ outcome: { kind: 'succeeded' } });
    for (const key of [
      `results/${otherJob}/${a}/out.mp4`,
      `results/${jobId}/${b}/out.mp4`,
      `results/${jobId}/${a}/../${b}/out.mp4`,
      `results/${jobId}/${a}/`,
      `checkpoints/${jobId}/${a}/1`,
    ])
      expect(keyed(key)).toMatchObject({ outcome: { kind: 'failed', class: 'bad_output' } });
  });

  it('takes no other’s object as its checkpoint, nor what is said to be saved in it', () => {
    for (const key of [`checkpoints/job-${'b'.repeat(20)}/${a}/1`, 'c/1', `results/${jobId}/${a}/1`]) {
      const saved = { savedMs: 20_000, checkpointKey: key };
      const events = (state: AttemptReport['state']) =>
        readReport(view(running()), report({ attempts: [told(state, saved)] }), reading);
      expect(events({ phase: 'running' })).toEqual([]);
      expect(events(succeeded)).toMatchObject([{ type: 'attempt_ended', savedMs: 0 }]);
    }
  });

  it('believes no more time than there has been since it was placed', () => {
    const claims = told(succeeded, { ranMs: 1e9, savedMs: 1e9, checkpointKey });
    const [saved, end] = readReport(
      view(running({ placedMs: 20_000 })),
      report({ attempts: [claims] }),
      reading,
    );
    expect(saved).toMatchObject({ type: 'attempt_saved', savedMs: 140_000 });
    expect(end).toMatchObject({ type: 'attempt_ended', ranMs: 40_000, savedMs: 140_000 });
  });

  it('believes nothing about attempts that are not the host’s, nor another job’s name on its own', () => {
    expect(readReport(view(), report({ attempts: [told(succeeded)] }), reading)).toEqual([]);
    const otherJob = jobIdSchema.parse(`job-${'b'.repeat(20)}`);
    const lie = told(succeeded, { jobId: otherJob });
    expect(types(readReport(view(running()), report({ epoch: 2, attempts: [lie] }), reading))).toEqual([]);
  });

  it('does not believe that somebody was preempted or cancelled whom nobody asked to stop', () => {
    const preempted = told({ phase: 'ended', outcome: { kind: 'preempted' } });
    const endOf = (view: HostView, changes: Partial<AgentReport> = {}) =>
      readReport(view, report({ attempts: [preempted], ...changes }), reading).find(
        ({ type }) => type === 'attempt_ended',
      );
    expect(endOf(view(running()))).toMatchObject({ outcome: { kind: 'failed', class: 'lost' } });
    expect(endOf(view(running()), { draining: true })).toMatchObject({ outcome: { kind: 'preempted' } });
    const asked = running({ preempting: { forJobId: jobId, stopByMs: 1 } });
    expect(endOf(view(asked))).toMatchObject({ outcome: { kind: 'preempted' } });
  });

  it('refuses an older generation, and takes what a newer one does not tell of as lost', () => {
    expect(
      readReport(view(running()), report({ generation: 6, attempts: [told(succeeded)] }), reading),
    ).toEqual([]);
    const events = readReport(view(running({ startedMs: null })), report({ generation: 8 }), reading);
    expect(types(events)).toEqual(['host_changed', 'attempt_ended']);
    expect(events[1]).toMatchObject({ outcome: { kind: 'failed', class: 'lost' }, ranMs: 0 });
  });

  it('orders one that ran and is not told of no more, and gives it up when its lease must be over', () => {
    const own = term();
    const read = (nowMs: number, changes: Partial<AgentReport> = {}) => {
      own.look(nowMs);
      return types(readReport(view(running()), report(changes), { ...reading, term: own }));
    };
    expect(read(1_000, { epoch: 2 })).toEqual([]);
    expect(own.isMissed(a)).toBe(false);
    expect(read(2_000)).toEqual([]);
    expect(ordersFor(view(running()), report(), { ...ordering, term: own }).run).toEqual([]);
    expect(read(3_000, { attempts: [told({ phase: 'running' })] })).toEqual([]);
    expect(ordersFor(view(running()), report(), { ...ordering, term: own }).run).toHaveLength(1);
    expect(read(4_000)).toEqual([]);
    expect(read(69_000)).toEqual([]);
    expect(read(69_001)).toEqual(['attempt_ended']);
  });

  it('waits for one that has not started to be told of', () => {
    expect(readReport(view(running({ startedMs: null })), report(), reading)).toEqual([]);
  });

  it('knows a new host, sick devices, and a drain; a quarantine is not the host’s to end', () => {
    expect(readReport(null, report(), reading)).toMatchObject([{ type: 'host_changed', phase: 'up' }]);
    const [one, two] = report().devices;
    const sick = report({ devices: [one!, { ...two!, healthy: false }] });
    expect(readReport(view(), sick, reading)).toMatchObject([{ host: { unhealthy: [1] }, phase: 'up' }]);
    expect(readReport(view(), report({ draining: true }), reading)).toMatchObject([{ phase: 'draining' }]);
    const has = report({ binaries: ['video@2', 'video@1', 'video@2'] });
    const [changed] = readReport(view(), has, reading);
    expect(changed).toMatchObject({ host: { binaries: ['video@1', 'video@2'] } });
    if (changed?.type !== 'host_changed') throw new Error('it did not change');
    const again = report({ binaries: ['video@1', 'video@2'] });
    expect(readReport({ ...view(), spec: changed.host }, again, reading)).toEqual([]);
    expect(readReport({ ...view(), phase: 'quarantined' }, report(), reading)).toEqual([]);
    expect(readReport({ ...view(), phase: 'silent' }, report(), reading)).toMatchObject([{ phase: 'up' }]);
  });

  it('gives away what a silent host ran, once', () => {
    expect(types(readSilence(view(running()), reading))).toEqual(['attempt_ended', 'host_changed']);
    expect(readSilence({ ...view(), phase: 'silent' }, reading)).toEqual([]);
  });
});

describe('what an agent is told', () => {
  it('is all that its host may run, and what of it must stop', () => {
    const orders = ordersFor(
      view(running({ preempting: { forJobId: jobId, stopByMs: 55_000 } })),
      report(),
      ordering,
    );
    expect(orders.run).toMatchObject([{ attemptId: a, epoch: 3, prompt: 'a sea', wallMsLeft: 500_000 }]);
    expect(orders.stop).toEqual([{ attemptId: a, because: 'preempted', save: true, stopMs: 5_000 }]);
  });

  it('forgets strangers that ended and stops those that run', () => {
    const attempts = [told(succeeded), told({ phase: 'running' }, { attemptId: b })];
    const orders = ordersFor(view(), report({ attempts }), ordering);
    expect(orders).toMatchObject({ run: [], forget: [a], stop: [{ attemptId: b, because: 'superseded' }] });
  });

  it('is nothing for an older generation', () => {
    const orders = ordersFor(
      view(running()),
      report({ generation: 6, attempts: [told({ phase: 'running' })] }),
      ordering,
    );
    expect(orders).toMatchObject({ run: [], stop: [{ attemptId: a }] });
  });
});

describe('a term', () => {
  it('waits a lease and its margin from the last answer, and from its own beginning', () => {
    const own = new Term({ epoch: 1, beganMs: 1_000, leaseMs: 60_000, marginMs: 5_000, stallMs: 1e9 });
    expect(own.isSilent(hostId, 66_000)).toBe(false);
    expect(own.isSilent(hostId, 66_001)).toBe(true);
    own.answered(hostId, 30_000);
    expect(own.isSilent(hostId, 95_000)).toBe(false);
    expect(own.isSilent(hostId, 95_001)).toBe(true);
  });

  it('counts no time in which it did not look', () => {
    const own = term();
    own.look(4_000);
    own.look(90_000);
    expect(own.isSilent(hostId, 90_000)).toBe(false);
    expect(own.isSilent(hostId, 155_001)).toBe(true);
  });

  it('takes each report once, and none that is late', () => {
    const own = term();
    expect(own.take(report())).toBe(true);
    for (const late of [report(), report({ sequence: 3 }), report({ generation: 6, sequence: 9 })])
      expect(own.take(late)).toBe(false);
    for (const next of [report({ sequence: 5 }), report({ generation: 8, sequence: 0 })])
      expect(own.take(next)).toBe(true);
  });
});
