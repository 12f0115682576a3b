import type { AttemptId, HostId, JobId } from '@cellbook/shared/ids.ts';
import { describe, expect, it } from 'vitest';
import { org } from '../testing/region.ts';
import { decideLimits, foldLimited } from './class-limits.ts';
import { classRules } from './class-rules.ts';
import { type ClassEvidence, newClassEvidence, observeClass } from './classes.ts';
import { type AttemptEnd, decideContain, foldAttemptEnded, mayRun, newContainState } from './contain.ts';
import { withOrganisation } from './organisation.ts';
import { watchMs, watchRules } from './watch.ts';

const video = 'kind:video';

/** What the core does after each observation. */
function observe(s: ClassEvidence, customer: number, words: readonly string[], isBad: boolean): void {
  observeClass(s, withOrganisation([video, ...words], org(customer)), isBad, 0);
  for (const one of decideLimits(s, 0)) foldLimited(s, { ...one, atMs: 0 }, []);
}

/** Others' jobs, which end well. */
function harmless(s: ClassEvidence, times: number): void {
  for (let at = 0; at < times; at++) observe(s, 100 + (at % 7), [`word:w${at % 50}`], false);
}

function hang(s: ClassEvidence, customer: number, times: number, word = 'word:moebius'): void {
  for (let at = 0; at < times; at++) {
    observe(s, customer, [word], true);
    harmless(s, 5);
  }
}

const job = (customer: number, word = 'word:moebius') => ({
  ...{ features: [video, word], orgId: org(customer), gpus: 1 },
});

/** Whether a job of the class may run beside one that does. */
const mayJoin = (classes: ClassEvidence, customer: number): boolean => {
  for (const limit of Object.values(classes.limits)) limit.runningGpus = 1;
  return mayRun({ ...newContainState(), classes }, job(customer), 10, 0).go;
};

describe('one organisation’s hangs', () => {
  it('limit its own jobs, and nobody else’s of the class', () => {
    const s = newClassEvidence();
    harmless(s, 100);
    hang(s, 1, 20);
    const own = `org=${org(1)} & word:moebius`;
    expect(Object.keys(s.limits)).toEqual([own]);
    expect(s.limits[own]).toMatchObject({ level: 'refused' });
    expect(s.limits[own]?.because).toContain('“word:moebius” of this organisation');
    expect([mayJoin(s, 1), mayJoin(s, 2)]).toEqual([false, true]);
  });

  it('speak against all who have the class once another organisation’s suffice too', () => {
    const s = newClassEvidence();
    harmless(s, 100);
    hang(s, 1, 6);
    expect(Object.keys(s.limits)).not.toContain('word:moebius');
    hang(s, 2, 6);
    expect(Object.keys(s.limits)).toContain('word:moebius');
    expect(mayJoin(s, 3)).toBe(false);
  });

  it('are not needed where each of many has one: the class is limited, and no organisation', () => {
    const s = newClassEvidence();
    harmless(s, 100);
    for (let customer = 1; customer <= 12; customer++) hang(s, customer, 1);
    expect(Object.keys(s.limits)).toEqual(['word:moebius']);
  });

  it('never limit a whole kind, whatever they have in common, nor take all the room that there is for limits', () => {
    const s = newClassEvidence();
    harmless(s, 100);
    for (let word = 0; word < 40; word++) hang(s, 1, 8, `word:of-one-${word}`);
    const limits = Object.keys(s.limits);
    expect(limits.filter((key) => !key.startsWith(`org=${org(1)} & `))).toEqual([]);
    expect(limits.length).toBeGreaterThan(1);
    expect(limits.length).toBeLessThanOrEqual(classRules.ownLimitsMax);
    const copy: ClassEvidence = JSON.parse(JSON.stringify(s));
    hang(s, 2, 9);
    hang(copy, 2, 9);
    expect(copy).toEqual(s);
  });

  it('let nobody else’s jobs be stopped sooner', () => {
    const s = newClassEvidence();
    harmless(s, 100);
    hang(s, 1, 3);
    const predicted = { p50Ms: 60_000, p95Ms: 120_000, seen: 9, model: '' };
    expect(watchMs(s, { ...job(1), predicted })).toBeLessThan(180_000);
    expect(watchMs(s, { ...job(2), predicted })).toBe(watchRules.hangMs);
  });

  it('cannot be sent in another’s name, nor in many names', () => {
    const s = newClassEvidence();
    harmless(s, 100);
    for (let at = 0; at < 12; at++) {
      observe(s, 1, [`org=${org(at + 10)}:1`, `org:${org(2)}`, 'word:moebius'], true);
      harmless(s, 5);
    }
    expect(Object.keys(s.limits).filter((key) => !key.startsWith(`org=${org(1)} & `))).toEqual([]);
  });
});

describe('budgets of a customer’s own', () => {
  const ended = (at: number, more: Partial<AttemptEnd>): AttemptEnd => ({
    ...{ atMs: at, attemptId: `att-${at}` as AttemptId, jobId: `job-${at}` as JobId, binary: 'video' },
    ...{ hostId: `host-${at % 5}` as HostId, version: '1', gpus: 1, features: [video, `word:w${at % 9}`] },
    ...{ ranMs: 1_000, predictedP50Ms: 60_000, overdue: false, failures: [] },
    outcome: { kind: 'succeeded', resultKey: '', bytes: 1 },
    ...more,
  });
  const overBudget = {
    features: withOrganisation([video, 'word:moebius'], org(1)),
    outcome: { kind: 'failed', class: 'wall_clock', detail: '' },
    hostId: 'host-0' as HostId,
  } as const;

  it('that are too short speak against neither prompts nor hosts', () => {
    const s = newContainState();
    for (let at = 0; at < 200; at++) foldAttemptEnded(s, ended(at, at % 3 === 0 ? overBudget : {}));
    expect(decideContain(s, 200, { hosts: 20 })).toEqual([]);
  });
});
