import type { AttemptId, HostId, JobId } from '@cellbook/shared/ids.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { describe, expect, it } from 'vitest';
import type { FailureClass } from '../model/job.ts';
import {
  type AfterFailure,
  afterFailure,
  avoidedHosts,
  deadLetter,
  type FailedAttempt,
  retryRules,
} from './retry.ts';

const random = seededRandom(1);
const job = { attemptsMax: 5, wallMsMax: 3_600_000, ranMsTotal: 60_000 };
const failures = (...classes: FailureClass[]): FailedAttempt[] =>
  classes.map((failure, at) => ({
    attemptId: `att-${at}` as AttemptId,
    hostId: `host-${at}` as HostId,
    version: '1',
    class: failure,
    detail: 'as told',
    ranMs: 1000,
    atMs: at,
  }));
const after = (
  classes: FailureClass[],
  more: Partial<Parameters<typeof afterFailure>[0]> = {},
): AfterFailure =>
  afterFailure({ job, failures: failures(...classes), hostsLeft: 9, nowMs: 1000, random, ...more });

/** Fails again and again as `next` says, until it is given up. */
function failUntilOver(next: (at: number) => FailureClass): {
  attempts: number;
  charged: number;
  last: AfterFailure;
} {
  const classes: FailureClass[] = [];
  for (;;) {
    classes.push(next(classes.length));
    const last = after(classes);
    const charged = classes.filter((one) => retryRules[one].charged === 'job').length;
    if (last.retryAtMs === null) return { attempts: classes.length, charged, last };
    expect(last.retryAtMs).toBeGreaterThanOrEqual(1000);
  }
}

describe('what follows a failure', () => {
  it.each([
    ['crashed', 3, 'dead_lettered'],
    ['hung', 2, 'dead_lettered'],
    ['no_progress', 2, 'dead_lettered'],
    ['bad_output', 2, 'dead_lettered'],
    ['out_of_memory', 2, 'failed'],
    ['wall_clock', 1, 'timed_out'],
    ['host_fault', 5, 'dead_lettered'],
    ['lost', 5, 'dead_lettered'],
    ['refused', 5, 'dead_lettered'],
  ] as const)('%s is tried %i times in all, and ends %s', (failure, attempts, phase) => {
    const over = failUntilOver(() => failure);
    expect(over).toMatchObject({ attempts, last: { phase } });
  });

  it('always ends, whatever fails in which order: at most attemptsMax charged to the job and five to hosts', () => {
    const classes = Object.keys(retryRules) as FailureClass[];
    for (let seed = 0; seed < 300; seed++) {
      const chance = seededRandom(seed);
      const { attempts, charged } = failUntilOver(() => classes[chance.int(classes.length)]!);
      expect(charged).toBeLessThanOrEqual(job.attemptsMax);
      expect(attempts).toBeLessThanOrEqual(job.attemptsMax + 5);
    }
  });

  it('does not charge a job for its hosts: after four that were lost it may still crash twice', () => {
    const lost: FailureClass[] = ['lost', 'host_fault', 'lost', 'lost'];
    expect(after([...lost, 'crashed', 'crashed']).retryAtMs).not.toBeNull();
    expect(after([...lost, 'crashed', 'crashed', 'crashed']).retryAtMs).toBeNull();
  });

  it('forgives the first failure on a version that is being rolled out', () => {
    const spent: FailureClass[] = ['crashed', 'hung', 'bad_output', 'crashed', 'out_of_memory'];
    expect(after(spent).retryAtMs).toBeNull();
    expect(after(spent, { onCandidate: 1 }).retryAtMs).not.toBeNull();
  });

  it('gives up where no host is left that has not failed it, or its time is used up', () => {
    expect(after(['lost'], { hostsLeft: 0 })).toMatchObject({ retryAtMs: null, phase: 'dead_lettered' });
    expect(after(['lost'], { job: { ...job, ranMsTotal: job.wallMsMax } })).toMatchObject({
      phase: 'timed_out',
    });
  });

  it('brings what failed together back apart: full jitter, over the spread it is given', () => {
    const times = Array.from(
      { length: 1000 },
      () => after(['crashed'], { spreadMs: 100_000 }).retryAtMs ?? 0,
    );
    const perTenth = Array.from(
      { length: 10 },
      (_, at) => times.filter((t) => Math.floor((t - 1000) / 10_000) === at).length,
    );
    for (const count of perTenth) expect(count).toBeLessThan(150);
  });

  it('avoids a host that failed it once, or lost or refused it twice: one outage does not take its only host away', () => {
    const on = (hostId: string, failure: FailureClass) => ({
      ...failures(failure)[0]!,
      hostId: hostId as HostId,
    });
    expect(avoidedHosts([on('a', 'lost'), on('b', 'crashed'), on('c', 'refused')])).toEqual(['b']);
    expect(avoidedHosts([on('a', 'lost'), on('b', 'host_fault'), on('a', 'refused')])).toEqual(['b', 'a']);
  });

  it('avoids no host where it was lost before it began, however often', () => {
    const lost = (ranMs: number) => ({ ...failures('lost')[0]!, ranMs });
    expect(avoidedHosts([lost(0), lost(0), lost(1)])).toEqual([]);
    expect(avoidedHosts([lost(1), lost(0), lost(1)])).toEqual(['host-0']);
  });

  it('says in a dead letter all that one needs to judge it, with the keys of its logs', () => {
    const all = [...failures('lost', 'crashed', 'crashed'), ...failures('crashed')];
    expect(deadLetter('job-1' as JobId, all, 'why')).toMatchObject({
      because: 'why',
      attempts: [{ class: 'lost', logKey: 'logs/job-1/att-0', detail: 'as told' }, {}, {}, {}],
      hosts: ['host-0', 'host-1', 'host-2'],
      classes: ['lost', 'crashed'],
      versions: ['1'],
      ranMsTotal: 4000,
    });
  });
});
