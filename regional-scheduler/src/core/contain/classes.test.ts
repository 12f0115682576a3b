import { seededRandom } from '@cellbook/shared/random.ts';
import { describe, expect, it, vi } from 'vitest';
import { mayRun } from './class-gate.ts';
import { decideLimits, foldClassPlaced, foldLimited, foldNewVersion } from './class-limits.ts';
import { classRules } from './class-rules.ts';
import { type ClassEvidence, newClassEvidence, observeClass } from './classes.ts';
import { type HangDay, runHangDay } from './testing/hang-day.ts';
import { watchMs, watchRules } from './watch.ts';

// Seconds of computing on an idle machine, ten times that on a busy one.
vi.setConfig({ testTimeout: 150_000 });

const minuteMs = 60_000;

/** What the core does after each observation. */
function observe(s: ClassEvidence, features: readonly string[], isBad: boolean, atMs = 0): void {
  observeClass(s, features, isBad, atMs);
  for (const one of decideLimits(s, atMs)) foldLimited(s, { ...one, atMs }, []);
}

const harmless = (s: ClassEvidence, times: number) => {
  for (let at = 0; at < times; at++) observe(s, ['kind:video', `word:w${at % 50}`], false);
};

/** In between others end well: without them there is nothing to compare with. */
const hang = (s: ClassEvidence, times: number) => {
  for (let at = 0; at < times; at++) {
    observe(s, ['kind:video', 'word:moebius'], true);
    harmless(s, 10);
  }
};

describe('classes of prompts that hang', () => {
  it('go from throttled to isolated to refused as they hang, and each says why', () => {
    const s = newClassEvidence();
    const levels: (string | undefined)[] = [];
    for (let at = 0; at < 300; at++) {
      // One in twenty of the others hangs too, so that a single hang says less.
      observe(s, ['kind:video', `word:w${at % 50}`], at % 20 === 7);
      if (at < 100 || at % 10 !== 0) continue;
      observe(s, ['kind:video', 'word:moebius'], true);
      levels.push(s.limits['word:moebius']?.level);
    }
    expect(levels.filter((level, at) => level !== levels[at - 1])).toEqual([
      'throttled',
      'isolated',
      'refused',
    ]);
    expect(s.limits['word:moebius']?.because).toMatch(
      /^of \d+ attempts with “word:moebius”, \d+ hung; \d+ of \d+ /,
    );
    expect(Object.keys(s.limits)).toEqual(['word:moebius']);
  });

  it('are found where they are a third or half of what runs, from the first job of a region on', () => {
    for (const [every, before] of [
      [3, 0],
      [2, 0],
      [2, 5_000],
    ] as const) {
      const s = newClassEvidence();
      harmless(s, before);
      for (let at = 0; at < 80; at++)
        observe(s, ['kind:video', at % every === 0 ? 'word:moebius' : 'word:fox'], at % every === 0);
      expect({ every, before, limits: Object.keys(s.limits) }).toEqual({
        ...{ every, before },
        limits: ['word:moebius'],
      });
      expect(['isolated', 'refused']).toContain(s.limits['word:moebius']!.level);
    }
  });

  it('are never found where hangs strike at random: none in 100,000 attempts of which one in fifty hangs', () => {
    const random = seededRandom(7);
    const s = newClassEvidence();
    for (let at = 0; at < 100_000; at++) {
      const words = Array.from({ length: 10 }, () => `word:w${Math.floor(3000 * random.float() ** 3)}`);
      observe(s, ['kind:video', `steps:${random.int(3)}`, ...words], random.float() < 0.02);
    }
    expect(s.limits).toEqual({});
    expect(s.trackedCount).toBeLessThanOrEqual(classRules.trackedMax + 100);
    expect(s.trackedCount).toBe(Object.keys(s.tracked).length);
  });

  it('are not made up when everything hangs: a bad binary or a lost network is nobody’s prompt', () => {
    const random = seededRandom(8);
    const s = newClassEvidence();
    harmless(s, 1000);
    for (let at = 0; at < 500; at++)
      observe(s, ['kind:video', `steps:${random.int(2)}`, `word:w${random.int(50)}`], random.float() < 0.7);
    expect(s.limits).toEqual({});
  });

  it('are let go step by step when probes end well, and probed at once with a new version', () => {
    const s = newClassEvidence();
    harmless(s, 100);
    hang(s, 12);
    const job = { features: ['word:moebius'], gpus: 1 };
    expect(s.limits['word:moebius']?.level).toBe('refused');
    expect(mayRun(s, job, 100, minuteMs)).toMatchObject({ go: false, refuse: false });
    expect(mayRun(s, job, 100, classRules.holdMs)).toMatchObject({ go: true });
    foldClassPlaced(s, job, classRules.holdMs);
    const second = mayRun(s, job, 100, classRules.holdMs);
    expect(second).toMatchObject({ go: false, refuse: true });
    expect(second).toHaveProperty('because', expect.stringContaining('“word:moebius”'));
    observe(s, job.features, true);
    expect(s.limits['word:moebius']?.probeEveryMs).toBe(2 * classRules.probeEveryMs);

    foldNewVersion(s, 16 * minuteMs);
    s.limits['word:moebius']!.runningGpus = 0;
    expect(mayRun(s, job, 100, 16 * minuteMs)).toEqual({ go: true });
    const levels = new Set<string | undefined>();
    for (let times = 0; times < 20; times++) {
      observe(s, job.features, false);
      levels.add(s.limits['word:moebius']?.level);
    }
    expect([...levels]).toEqual(['refused', 'isolated', 'throttled', undefined]);
  });

  it('that are merely throttled keep a share, one that is isolated a few GPUs, and one job always runs', () => {
    const s = newClassEvidence();
    const job = { features: ['word:x'], gpus: 8 };
    foldLimited(s, { feature: 'word:x', limit: 'isolated', because: 'by hand', atMs: 0 }, []);
    expect(mayRun(s, job, 1000, 0)).toEqual({ go: true });
    foldClassPlaced(s, job, 0);
    expect(mayRun(s, { ...job, gpus: 1 }, 1000, 0)).toMatchObject({ go: false, refuse: false });
    foldLimited(s, { feature: 'word:x', limit: 'throttled', because: 'by hand', atMs: 0 }, []);
    expect(mayRun(s, { ...job, gpus: 12 }, 1000, 0)).toEqual({ go: true });
    expect(mayRun(s, { ...job, gpus: 13 }, 1000, 0)).toMatchObject({ go: false });
  });

  it('are stopped at their predicted 99th percentile as soon as they are suspected', () => {
    const s = newClassEvidence();
    harmless(s, 100);
    const job = {
      features: ['word:moebius'],
      predicted: { p50Ms: 60_000, p95Ms: 120_000, seen: 9, model: '' },
    };
    expect(watchMs(s, job)).toBe(watchRules.hangMs);
    hang(s, 3);
    expect(watchMs(s, job)).toBeGreaterThan(120_000);
    expect(watchMs(s, job)).toBeLessThan(180_000);
  });

  it('leave a state that survives being written and read', () => {
    const s = newClassEvidence();
    harmless(s, 30);
    for (let times = 0; times < 5; times++) observe(s, ['word:moebius', 'steps:50'], true);
    const copy: ClassEvidence = JSON.parse(JSON.stringify(s));
    for (const one of [s, copy]) for (let times = 0; times < 5; times++) observe(one, ['word:moebius'], true);
    expect(copy).toEqual(s);
  });
});

describe('a day on which a class nobody has seen begins to hang', () => {
  const day: HangDay = {
    seed: 3,
    gpus: 80,
    hours: 1.25,
    load: 0.9,
    hangShare: 0.05,
    hangs: (job) => job.prompt.includes('moebius'),
    isContained: true,
  };

  /**
   * What may start before the first is long overdue, ten more until the evidence is there, the two limits on the way
   * and a probe each five minutes; each is stopped at its predicted 99th percentile.
   */
  function ceilingMinutes({ gpus, load, hangShare, hours }: HangDay): number {
    const [overdueMinutes, watchMinutes, meanMinutes] = [5.03, 5.05, 1.5];
    const started = ((hangShare * load * gpus) / meanMinutes) * overdueMinutes;
    const limited = classRules.throttledShare * gpus + classRules.isolatedGpus;
    const probes = Math.log2(1 + (hours * 60) / 5);
    return (started + 10 + limited + probes) * watchMinutes;
  }

  it('burns no more than the stated ceiling, and leaves the others’ waits alone', () => {
    const without = runHangDay({ ...day, hangShare: 0 });
    const contained = runHangDay(day);
    const uncontained = runHangDay({ ...day, isContained: false });
    expect(contained.limited).toEqual(['word:moebius']);
    expect(contained.burntMinutes).toBeLessThan(ceilingMinutes(day));
    expect(uncontained.burntMinutes).toBeGreaterThan(10 * ceilingMinutes(day));
    // One tick of the simulation is all that tells them apart.
    expect(contained.othersP95WaitMs).toBeLessThanOrEqual(1.05 * without.othersP95WaitMs + 5_000);
    expect(uncontained.othersP95WaitMs).toBeGreaterThan(10 * (without.othersP95WaitMs + 5_000));
  });

  it('finds a pair of harmless parameters, and lets each of them alone run', () => {
    const report = runHangDay({
      ...day,
      hours: 1,
      hangShare: 0,
      hangs: ({ parameters }) => parameters.steps === 50 && parameters.width === 1024,
    });
    expect(report.limited).toEqual(['steps:50 & width:1024']);
  });

  it('sets it free again once a new version has mended it', () => {
    const report = runHangDay({ ...day, hangs: (job, atMs) => day.hangs(job, atMs) && atMs < 30 * minuteMs });
    expect(report.limited).toEqual(['word:moebius']);
    expect(report.contain.classes.limits).toEqual({});
  });
});
