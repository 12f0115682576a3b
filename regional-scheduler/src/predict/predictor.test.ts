import type { OrgId } from '@cellbook/shared/ids.ts';
import { describe, expect, it, vi } from 'vitest';
import { isConfident } from './confidence.ts';
import { Predictor, type PredictorNews, predictorRules } from './predictor.ts';
import { makeRuns, type Rule } from './testing/world.ts';
import type { EndedRun } from './trained.ts';

// Seconds of computing on an idle machine, ten times that on a busy one.
vi.setConfig({ testTimeout: 150_000 });

const bySteps: Rule = ({ steps }) => 2 * steps;
const byWidth: Rule = ({ width }) => width / 8;
const subject = (steps: number, width: number) => ({
  orgId: 'org-1' as OrgId,
  kind: 'video',
  binary: 'renderer',
  gpus: 1,
  features: ['kind:video', `steps:${steps}`, `width:${width}`, 'format:mp4', 'seed:7', 'word:cat'],
});

/** Each is served before it ends, as in life. */
function live(predictor: Predictor, runs: readonly EndedRun[]): PredictorNews[] {
  return runs.flatMap((run, at) => {
    const served = predictor.predict(run.subject, `job-${run.atMs}-${at}`);
    return predictor.ended({ ...run, served });
  });
}

const seconds = (predictor: Predictor, steps: number, width: number, version: string | null = null) =>
  predictor.predict(subject(steps, width), 'job-1', version).p50Ms / 1000;

describe('the prediction that is served', () => {
  it('knows nothing at first, says so, and is not ordered by', () => {
    const predicted = new Predictor().predict(subject(20, 512), 'job-1');
    expect(predicted).toEqual({ ...predictorRules.unknown, seen: 0, model: 'm0' });
    expect(isConfident(predicted)).toBe(false);
  });

  it('finds out which features count: the number of steps, and neither seed, word nor width', () => {
    const predictor = new Predictor();
    const news = live(predictor, makeRuns(1, 3000, bySteps));
    expect(news.filter((one) => one.type === 'trained')).toMatchObject([
      { chain: ['steps'], because: 'schedule' },
    ]);
    expect(news.find((one) => one.type === 'promoted')).toMatchObject({ before: 'm0', isRollback: false });
    for (const steps of [20, 30, 50]) expect(seconds(predictor, steps, 512) / (2 * steps)).toBeCloseTo(1, 0);
    expect(isConfident(predictor.predict(subject(30, 512), 'job-1'))).toBe(true);
  });

  it('raises no alarm while the world stays as it is: 10,000 ends', () => {
    const news = live(new Predictor(), makeRuns(2, 10_000, bySteps));
    expect(news.filter((one) => one.type === 'drifted')).toEqual([]);
  });

  it('alarms when the world changes, trains a challenger from what came since, and promotes it', () => {
    const predictor = new Predictor();
    live(predictor, makeRuns(3, 3000, bySteps));
    const news = live(predictor, makeRuns(4, 3000, byWidth, { fromMs: 4_000_000 }));
    const [drifted] = news;
    expect(drifted).toMatchObject({ type: 'drifted' });
    expect((drifted!.atMs - 4_000_000) / 1000).toBeLessThan(150);
    const trained = news.find((one) => one.type === 'trained' && one.because === 'drift');
    expect(news.find((one) => one.type === 'promoted')).toBeDefined();
    expect(trained).toBeDefined();
    expect(predictor.names().chain[0]).toBe('width');
    expect(seconds(predictor, 20, 1024) / 128).toBeCloseTo(1, 0);
  });

  it('alarms as well where the first model was as good as what was trained after it, and has stayed', () => {
    const predictor = new Predictor();
    live(
      predictor,
      makeRuns(8, 400, () => 20),
    );
    expect(predictor.names().champion).toBe('m0');
    const news = live(
      predictor,
      makeRuns(9, 100, () => 300, { fromMs: 4_000_000 }),
    );
    expect(news).toContainEqual(expect.objectContaining({ type: 'drifted', drift: 'runs longer' }));
  });

  it('takes a promotion back when the one before turns out better, by the same rule', () => {
    const predictor = new Predictor();
    live(predictor, makeRuns(5, 3000, bySteps));
    const before = predictor.names().champion;
    const world = { fromMs: 4_000_000, everyMs: 1 };
    const wrong = live(predictor, makeRuns(6, 1200, byWidth, world));
    expect(wrong.some((one) => one.type === 'promoted')).toBe(true);
    const back = live(predictor, makeRuns(7, 4000, bySteps, { ...world, fromMs: 5_000_000 }));
    const promoted = back.filter((one) => one.type === 'promoted');
    expect(promoted.length).toBeGreaterThan(0);
    expect(predictor.names().chain[0]).toBe('steps');
    // The one before, or one trained since: whichever was surely better first.
    expect(promoted.some((one) => (one.model === before ? one.isRollback : true))).toBe(true);
  });

  it('gives the challenger a tenth of the jobs, the same ones each time', () => {
    const predictor = new Predictor();
    live(predictor, makeRuns(8, 250, bySteps));
    const { champion, challenger } = predictor.names();
    expect([champion, challenger]).toEqual(['m0', 'm1']);
    const models = () =>
      Array.from({ length: 5000 }, (_, at) => predictor.predict(subject(20, 512), `job-${at}`).model);
    const first = models();
    expect(first.filter((model) => model === 'm1').length / 5000).toBeCloseTo(0.1, 1);
    expect(models()).toEqual(first);
  });

  it('learns a new version of the binary anew, from its first ends on, and the old one is predicted as before', () => {
    const predictor = new Predictor();
    live(predictor, makeRuns(9, 1500, bySteps));
    const old = seconds(predictor, 30, 512);
    live(
      predictor,
      makeRuns(10, 12, (values) => 3 * bySteps(values), { version: '2', fromMs: 9e6 }),
    );
    expect(seconds(predictor, 30, 512, '2') / old).toBeGreaterThan(2.2);
    expect(seconds(predictor, 30, 512, '1')).toBeCloseTo(old, 0);
    expect(seconds(predictor, 30, 512)).toBeCloseTo(old, 0);
  });

  it('is not made too low by what never ended: preempted after a third of the time it teaches that it is longer', () => {
    const short = { isCut: true };
    const runs = makeRuns(11, 2000, bySteps, { spread: 0.05 }).map((run, at) =>
      at % 2 === 0 ? { ...run, ...short, seconds: run.seconds / 3 } : run,
    );
    const predictor = new Predictor();
    live(predictor, runs);
    for (const steps of [20, 30, 50])
      expect(seconds(predictor, steps, 512) / (2 * steps)).toBeGreaterThan(0.9);
  });

  it('survives being written and read, and then goes on as the one that was written', () => {
    const one = new Predictor();
    live(one, makeRuns(12, 600, bySteps));
    const other = new Predictor();
    other.load(JSON.parse(JSON.stringify(one.dump())));
    const more = makeRuns(13, 300, byWidth, { fromMs: 9e6 });
    expect(live(other, more)).toEqual(live(one, more));
    expect(other.dump()).toEqual(one.dump());
  });
});
