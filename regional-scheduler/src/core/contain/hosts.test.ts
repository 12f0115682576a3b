import { type HostId, type JobId, userIdSchema } from '@cellbook/shared/ids.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { describe, expect, it } from 'vitest';
import {
  decideHosts,
  foldHostPhase,
  foldOperatorsWord,
  type HostEvidence,
  hostMayTake,
  hostRules,
  isHeld,
  judgementOf,
  newHostEvidence,
  observeHost,
} from './hosts.ts';

const operator = userIdSchema.parse(`user-${'p'.repeat(20)}`);
const hostId = (at: number) => `host-${at}` as HostId;

interface World {
  s: HostEvidence;
  nowMs: number;
  quarantined: string[];
}

function world(): World {
  return { s: newHostEvidence(), nowMs: 0, quarantined: [] };
}

const hosts = 40;

/** A job that is tried again elsewhere until it ends well, as the core does it. */
function runJob(
  w: World,
  job: number,
  chance: { host: () => number; fails: (host: number) => boolean },
): number {
  const failedOn: HostId[] = [];
  for (let attempts = 1; ; attempts++) {
    const free = () => {
      for (;;) {
        const at = chance.host();
        if (w.s.hosts[hostId(at)]?.quarantinedMs == null && !failedOn.includes(hostId(at))) return at;
      }
    };
    const at = free();
    const fails = chance.fails(at);
    const seen = {
      hostId: hostId(at),
      jobId: `job-${job}` as JobId,
      failedOn,
      isExplained: false,
      atMs: w.nowMs,
    };
    observeHost(w.s, { ...seen, failedOn: [...failedOn], result: fails ? 'failed' : 'succeeded' });
    w.nowMs += 1000;
    for (const one of decideHosts(w.s, hosts, w.nowMs)) {
      if (one.phase === 'quarantined') w.quarantined.push(one.hostId);
      foldHostPhase(w.s, one.hostId, one.phase, w.nowMs);
    }
    if (!fails || attempts === 3) return attempts;
    failedOn.push(hostId(at));
  }
}

describe('a host that fails what succeeds elsewhere', () => {
  it('is quarantined after a handful of jobs, and it alone', () => {
    const w = world();
    const random = seededRandom(1);
    const chance = {
      host: () => random.int(hosts),
      fails: (host: number) => host === 7 || random.float() < 0.03,
    };
    for (let job = 0; job < 3000 && w.quarantined.length === 0; job++) runJob(w, job, chance);
    expect(w.quarantined).toEqual(['host-7']);
    expect(w.s.hosts['host-7']!.bad).toBeLessThan(12);
  });

  it.each([
    { others: 1, share: 2, result: 'own fault' },
    { others: 1, share: 10, result: 'own fault' },
    { others: 4, share: 20, result: 'failed' },
  ] as const)(
    'is found where only one end in $share is of the $others others, and nothing has run before',
    ({ others, share, result }) => {
      const w = world();
      const ends = (from: number, to: number) => {
        for (let end = from; end < to && w.quarantined.length === 0; end++) {
          // Who fails at once has the next job at once.
          const isWell = end % share === 0;
          const at = isWell ? 1 + ((end / share) % others) : 0;
          const seen = { hostId: hostId(at), failedOn: [], isExplained: false, atMs: end * 1000 };
          observeHost(w.s, {
            ...{ ...seen, jobId: `job-${end}` as JobId },
            result: isWell ? 'succeeded' : result,
          });
          w.quarantined.push(...decideHosts(w.s, others + 1, end * 1000).map((one) => one.hostId));
        }
      };
      ends(0, 25 * share);
      expect(w.quarantined).toEqual(['host-0']);
    },
  );

  it('is not found where all hosts fail as often, however few there are', () => {
    const w = world();
    const random = seededRandom(4);
    for (let end = 0; end < 2_000; end++) {
      const seen = { hostId: hostId(random.int(2)), failedOn: [], isExplained: false, atMs: end };
      const result = random.float() < 0.6 ? 'own fault' : 'succeeded';
      observeHost(w.s, { ...seen, jobId: `job-${end}` as JobId, result });
      w.quarantined.push(...decideHosts(w.s, 2, end).map((one) => one.hostId));
    }
    expect(w.quarantined).toEqual([]);
  });

  it('is never found where there is none: 50,000 jobs of which one in twenty fails anywhere', () => {
    const w = world();
    const random = seededRandom(2);
    for (let job = 0; job < 50_000; job++)
      runJob(w, job, { host: () => random.int(hosts), fails: () => random.float() < 0.05 });
    expect(w.quarantined).toEqual([]);
  });

  it('is not blamed for jobs that fail wherever they run', () => {
    const w = world();
    const random = seededRandom(3);
    for (let job = 0; job < 5000; job++) {
      const isPoison = random.float() < 0.2;
      runJob(w, job, { host: () => random.int(hosts), fails: () => isPoison });
    }
    expect(w.quarantined).toEqual([]);
  });

  it('is let go as soon as the jobs that spoke against it fail elsewhere too, and is not on probation for them', () => {
    const w = world();
    for (let job = 0; job < 300; job++) runJob(w, job, { host: () => job % hosts, fails: () => false });
    const seen = { failedOn: [], isExplained: false, atMs: w.nowMs, result: 'failed' } as const;
    const fail = (job: number, on: number, failedOn: HostId[] = []) =>
      observeHost(w.s, { ...seen, hostId: hostId(on), jobId: `job-${job}` as JobId, failedOn });
    const decide = () => {
      const decisions = decideHosts(w.s, hosts, w.nowMs);
      for (const one of decisions) foldHostPhase(w.s, one.hostId, one.phase, w.nowMs);
      return decisions.map(({ phase, because }) => ({ phase, because }));
    };
    for (let job = 0; job < 5; job++) fail(1_000 + job, 7);
    expect(decide()).toMatchObject([{ phase: 'quarantined' }]);
    fail(1_000, 8, [hostId(7)]);
    expect(decide()).toEqual([]);
    for (let job = 1; job < 5; job++) fail(1_000 + job, 8, [hostId(7)]);
    expect(decide()).toEqual([{ phase: 'up', because: 'what spoke against it has failed elsewhere too' }]);
    expect(hostMayTake(w.s, hostId(7), { failures: 1, runningThere: 3 })).toBe(true);
    expect(judgementOf(w.s, hostId(7))).toMatchObject({ times: 0, suspicion: 0, quarantinedMs: null });
  });

  it('that fails on probation stays, unless that job fails elsewhere too: then it is on probation again', () => {
    const w = world();
    for (let job = 0; job < 300; job++) runJob(w, job, { host: () => job % hosts, fails: () => false });
    const seen = { failedOn: [], isExplained: false, atMs: w.nowMs, result: 'failed' } as const;
    const fail = (job: number, on: number, failedOn: HostId[] = []) =>
      observeHost(w.s, { ...seen, hostId: hostId(on), jobId: `job-${job}` as JobId, failedOn });
    const decide = () => {
      const decisions = decideHosts(w.s, hosts, w.nowMs);
      for (const one of decisions) foldHostPhase(w.s, one.hostId, one.phase, w.nowMs);
      return decisions.map((one) => one.phase);
    };
    for (let job = 0; job < 5; job++) fail(1_000 + job, 7);
    expect(decide()).toEqual(['quarantined']);
    w.nowMs += hostRules.quarantineMs;
    expect(decide()).toEqual(['up']);
    fail(2_000, 7);
    expect(decide()).toEqual(['quarantined']);
    expect(decide()).toEqual([]);
    fail(2_000, 8, [hostId(7)]);
    expect(decide()).toEqual(['up']);
    expect(judgementOf(w.s, hostId(7))).toMatchObject({ times: 1, probation: hostRules.probationJobs });
  });

  it('comes back on probation, with one job at a time that has not failed, and stays when it fails again', () => {
    const w = world();
    for (let job = 0; job < 300; job++) runJob(w, job, { host: () => job % hosts, fails: () => false });
    const seen = { hostId: hostId(7), failedOn: [], isExplained: false, atMs: w.nowMs };
    const fail = (job: number) =>
      observeHost(w.s, { ...seen, jobId: `job-${job}` as JobId, result: 'own fault' });
    const decide = () => {
      const decisions = decideHosts(w.s, hosts, w.nowMs);
      for (const one of decisions) foldHostPhase(w.s, one.hostId, one.phase, w.nowMs);
      return decisions.map((one) => one.phase);
    };
    for (let job = 0; job < 5; job++) fail(1000 + job);
    expect(decide()).toEqual(['quarantined']);
    w.nowMs += hostRules.quarantineMs - 1;
    expect(decide()).toEqual([]);
    w.nowMs += 1;
    expect(decide()).toEqual(['up']);
    expect(hostMayTake(w.s, hostId(7), { failures: 0, runningThere: 0 })).toBe(true);
    expect(hostMayTake(w.s, hostId(7), { failures: 1, runningThere: 0 })).toBe(false);
    expect(hostMayTake(w.s, hostId(7), { failures: 0, runningThere: 1 })).toBe(false);
    fail(2000);
    expect(decide()).toEqual(['quarantined']);
    w.nowMs += 2 * hostRules.quarantineMs - 1;
    expect(decide()).toEqual([]);
    w.nowMs += 1;
    expect(decide()).toEqual(['up']);
    for (let job = 0; job < hostRules.probationJobs; job++)
      observeHost(w.s, { ...seen, jobId: `job-${3000 + job}` as JobId, result: 'succeeded' });
    expect(hostMayTake(w.s, hostId(7), { failures: 3, runningThere: 9 })).toBe(true);
  });

  it('is left where it is when all seem bad: never more than a fifth of them', () => {
    const w = world();
    for (let job = 0; job < 2000; job++) {
      const seen = {
        hostId: hostId(job % hosts),
        jobId: `job-${job}` as JobId,
        failedOn: [],
        isExplained: false,
        atMs: 0,
      };
      observeHost(w.s, { ...seen, result: 'own fault' });
      for (const one of decideHosts(w.s, hosts, 0)) foldHostPhase(w.s, one.hostId, one.phase, 0);
    }
    expect(w.s.quarantined.length).toBeLessThanOrEqual(hostRules.quarantinedShareMax * hosts);
  });

  it('is not blamed eight times over for eight jobs that it lost together, and forgotten as due when it falls silent', () => {
    const w = world();
    for (let job = 0; job < 300; job++) runJob(w, job, { host: () => job % hosts, fails: () => false });
    const lose = (atMs: number) => {
      for (let job = 0; job < 8; job++) {
        const ids = { hostId: hostId(7), jobId: `job-${atMs}-${job}` as JobId };
        observeHost(w.s, { ...ids, failedOn: [], isExplained: false, atMs, result: 'lost' });
      }
    };
    lose(1_000_000);
    expect(decideHosts(w.s, hosts, 1_000_000)).toEqual([]);
    for (let hour = 1; hour < 8; hour++) lose(1_000_000 + hour * 3_600_000);
    expect(decideHosts(w.s, hosts, 1_000_000)).toMatchObject([{ hostId: 'host-7', phase: 'quarantined' }]);
    foldHostPhase(w.s, hostId(7), 'silent', 1_000_000);
    expect(decideHosts(w.s, hosts, 1_000_000)).toEqual([]);
  });

  it('that an operator quarantined is not brought back by evidence', () => {
    const w = world();
    runJob(w, 1, { host: () => 3, fails: () => false });
    foldHostPhase(w.s, hostId(3), 'quarantined', 0);
    expect(decideHosts(w.s, hosts, 365 * 86_400_000)).toEqual([]);
  });

  it('that an operator holds stays held over its time, its evidence and its silence, and is on probation when released', () => {
    const w = world();
    for (let job = 0; job < 300; job++) runJob(w, job, { host: () => job % hosts, fails: () => false });
    const quarantine = {
      hostId: hostId(7),
      phase: 'quarantined',
      because: 'Xid 79',
      operator,
      atMs: 5,
    } as const;
    let turn = 0;
    for (let job = 0; job < 20; job++)
      runJob(w, 1_000 + job, { host: () => turn++ % hosts, fails: (at) => at === 7 });
    foldOperatorsWord(w.s, quarantine);
    foldOperatorsWord(w.s, quarantine);
    expect(isHeld(w.s, hostId(7))).toBe(true);
    expect(judgementOf(w.s, hostId(7))).toMatchObject({ untilMs: null });
    const seen = { hostId: hostId(7), failedOn: [], isExplained: false, atMs: w.nowMs };
    for (let job = 0; job < 20; job++)
      observeHost(w.s, { ...seen, jobId: `job-late-${job}` as JobId, result: 'failed' });
    foldHostPhase(w.s, hostId(7), 'silent', 6);
    foldHostPhase(w.s, hostId(7), 'quarantined', 7);
    expect(decideHosts(w.s, hosts, 365 * 86_400_000)).toEqual([]);
    foldOperatorsWord(w.s, { ...quarantine, phase: 'up', because: 'replaced' });
    expect(isHeld(w.s, hostId(7))).toBe(false);
    expect(judgementOf(w.s, hostId(7))).toMatchObject({ failed: 0, suspicion: 0, probation: 3 });
  });
});
