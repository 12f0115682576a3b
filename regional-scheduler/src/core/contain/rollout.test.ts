import type { JobId } from '@cellbook/shared/ids.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { describe, expect, it, vi } from 'vitest';
import {
  announced,
  decideRollouts,
  foldStaged,
  foldVersionEnd,
  footprintMib,
  permilleOf,
  type Rollouts,
  requeueSpreadMs,
  rolloutRules,
  versionOf,
} from './rollout.ts';

// Seconds of computing on an idle machine, ten times that on a busy one.
vi.setConfig({ testTimeout: 150_000 });

const jobId = (at: number) => `job-${at}` as JobId;

interface Behaviour {
  failShare: number;
  slower: number;
}

/** 200 jobs a minute of which some are on the new version; every decision is followed at once. */
function rollOut(seed: number, stable: Behaviour, candidate: Behaviour, minutes: number) {
  const random = seededRandom(seed);
  const rollouts: Rollouts = {};
  foldStaged(rollouts, { binary: 'video', version: '1', permille: 1000, atMs: 0 });
  const behaviour: Record<string, Behaviour> = { 1: stable, 2: candidate };
  const steps: number[] = [];
  let exposed = 0;
  for (let minute = 0; minute < minutes; minute++) {
    if (minute === 10) foldStaged(rollouts, { ...announced(rollouts, 'video', '2')!, atMs: minute * 60_000 });
    for (let at = 0; at < 200; at++) {
      const version = versionOf(rollouts, 'video', jobId(minute * 1000 + at), [])!;
      const { failShare, slower } = behaviour[version]!;
      const isFailed = random.float() < failShare;
      if (version === '2' && isFailed) exposed++;
      const spread = Math.exp(0.4 * (random.float() + random.float() + random.float() - 1.5));
      foldVersionEnd(rollouts, {
        binary: 'video',
        version,
        result: isFailed ? 'failed' : 'succeeded',
        ranMs: 60_000 * slower * spread,
        predictedP50Ms: 60_000,
        memoryMibMax: version === '2' ? 30_000 : 20_000,
      });
      for (const one of decideRollouts(rollouts, minute * 60_000)) {
        foldStaged(rollouts, { ...one, atMs: minute * 60_000 });
        steps.push(one.permille);
      }
    }
  }
  return { rollouts, steps, exposed, rollout: rollouts.video! };
}

const good = { failShare: 0.02, slower: 1 };
const seeds = [1, 2, 3, 4, 5];

describe('a new version', () => {
  it('that is as good goes to 1, 10, 50 and 100 %', () => {
    for (const seed of seeds) {
      const { steps, rollout } = rollOut(seed, good, good, 300);
      expect(steps).toEqual([100, 500, 1000]);
      expect(rollout).toMatchObject({ stable: '2', candidate: null });
    }
  });

  it('that fails a fifth of its jobs is withdrawn before a tenth of the jobs ever ran on it', () => {
    for (const seed of seeds) {
      const { steps, rollout, exposed } = rollOut(seed, good, { failShare: 0.2, slower: 1 }, 300);
      expect(steps.at(-1)).toBe(0);
      expect(steps).not.toContain(500);
      expect(exposed).toBeLessThan(30);
      expect(rollout).toMatchObject({ stable: '1', candidate: null, withdrawn: ['2'] });
    }
  });

  it('that runs twice as long is withdrawn, one that runs a tenth longer is not', () => {
    for (const seed of seeds) {
      expect(rollOut(seed, good, { failShare: 0.02, slower: 2 }, 300).rollout.withdrawn).toEqual(['2']);
      expect(rollOut(seed, good, { failShare: 0.02, slower: 1.1 }, 300).rollout.stable).toBe('2');
    }
  });

  it('is judged against a stable one that fails often itself', () => {
    for (const seed of seeds) {
      const poor = { failShare: 0.15, slower: 1 };
      expect(rollOut(seed, poor, poor, 600).rollout.stable).toBe('2');
    }
  });

  it('that was withdrawn is not tried again by itself; the next one is', () => {
    const { rollouts } = rollOut(1, good, { failShare: 0.5, slower: 1 }, 300);
    expect(announced(rollouts, 'video', '2')).toBeNull();
    expect(announced(rollouts, 'video', '1')).toBeNull();
    expect(announced(rollouts, 'video', '3')).toMatchObject({ version: '3', permille: 10 });
  });

  it('gets its jobs by a hash: the same ones always, more with each step, and none that failed on it', () => {
    const rollouts: Rollouts = {};
    foldStaged(rollouts, { binary: 'video', version: '1', permille: 1000, atMs: 0 });
    const on = (permille: number): Set<number> => {
      foldStaged(rollouts, { binary: 'video', version: '2', permille, atMs: 0 });
      const jobs = Array.from({ length: 20_000 }, (_, at) => at);
      return new Set(jobs.filter((at) => versionOf(rollouts, 'video', jobId(at), []) === '2'));
    };
    const [few, some, half] = [on(10), on(100), on(500)];
    expect(few.size / 20_000).toBeCloseTo(0.01, 2);
    expect(half.size / 20_000).toBeCloseTo(0.5, 1);
    expect([...few].every((at) => some.has(at)) && [...some].every((at) => half.has(at))).toBe(true);
    const [one] = [...few];
    expect(versionOf(rollouts, 'video', jobId(one!), ['2'])).toBe('1');
    expect(permilleOf('the same on every machine')).toBe(permilleOf('the same on every machine'));
  });

  it('that is withdrawn causes no herd: what ran on it comes back at a bounded rate', () => {
    const { rollout } = rollOut(1, good, { failShare: 0.5, slower: 1 }, 100);
    expect(requeueSpreadMs(rollout, '1', 5000)).toBe(0);
    const spreadMs = requeueSpreadMs(rollout, '2', 5000);
    expect(5000 / (spreadMs / 1000)).toBeLessThanOrEqual(rolloutRules.requeuePerSecond);
    expect(requeueSpreadMs(rollout, '2', 3)).toBe(rolloutRules.requeueMsMin);
  });

  it('has a footprint of its own, learned from its own jobs', () => {
    const { rollouts } = rollOut(1, good, good, 60);
    expect(footprintMib(rollouts, 'video', '1')).toBe(21_000);
    expect(footprintMib(rollouts, 'video', '2')).toBe(31_500);
    expect(footprintMib(rollouts, 'video', '3')).toBe(0);
  });
});
