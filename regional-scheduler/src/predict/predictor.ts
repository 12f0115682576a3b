/**
 * The prediction that is served, and how it stays good. Two models at most: the champion serves, a challenger serves
 * a tenth of the jobs (by a hash of the job) and both judge each job that ends (contest.ts). A challenger that is
 * surely better becomes the champion; the old one stays on as challenger, so that if the promotion was a mistake the
 * same rule takes it back. A new challenger is trained from the last ends every day, and when the champion drifts
 * (drift.ts), then only from what came since. It chooses anew which features count (choose-chain.ts).
 *
 *   trained ─▶ challenger ──surely better──▶ champion
 *                  ▲  │ surely worse, or no winner in 20,000 jobs        │
 *                  │  └─▶ dropped                                        │
 *                  └───────────────────── the one before ◀───────────────┘
 *
 * State is what has ended, in order: every instance that has seen the same log predicts the same.
 */

import { permilleOf } from '../core/contain/rollout.ts';
import type { JobSpec } from '../core/model/job.ts';
import { type Contest, contend, newContest, winnerOf } from './contest.ts';
import { type Drift, type DriftWatch, nearnessOf, newDriftWatch, watchDrift } from './drift.ts';
import type { Subject } from './subject.ts';
import { type EndedRun, errorOf, featuresFor, predictionOf, type Trained, train } from './trained.ts';
import { type VersionedDump, VersionedModel } from './versioned-model.ts';

export type PredictorNews =
  | { type: 'drifted'; model: string; drift: Drift; atMs: number }
  | { type: 'trained'; model: string; because: 'schedule' | 'drift'; chain: readonly string[]; atMs: number }
  | { type: 'promoted'; model: string; before: string; isRollback: boolean; atMs: number }
  | { type: 'dropped'; model: string; atMs: number };

export const predictorRules = {
  challengerPermille: 100,
  retrainEveryMs: 24 * 3_600_000,
  /** A challenger has had so many jobs before another takes its place, by schedule and by alarm. */
  contestMin: { schedule: 2_000, drift: 300 },
  /** Ends that are kept to train from: 4,000 of about 500 bytes are 2 MB, and a training takes a quarter of a second. */
  keptMax: 4_000,
  trainedFromMin: 200,
  /** Where nothing is known: as if it took two minutes, ten at the most. */
  unknown: { p50Ms: 120_000, p95Ms: 600_000 },
};

export interface PredictorDump {
  champion: Omit<Trained, 'model'> & { model: VersionedDump };
  challenger: (Omit<Trained, 'model'> & { model: VersionedDump }) | null;
  contest: Contest;
  watch: DriftWatch;
  kept: EndedRun[];
  trainedMs: number;
  count: number;
  former: string | null;
}

export class Predictor {
  #champion: Trained = { name: 'm0', chain: ['kind', 'gpus'], errors: [], model: new VersionedModel() };
  #challenger: Trained | null = null;
  #contest = newContest();
  #watch = newDriftWatch([]);
  #kept: EndedRun[] = [];
  #trainedMs = 0;
  #count = 0;
  /** The champion before, while it is the challenger: its coming back is a roll-back. */
  #former: string | null = null;

  /** `version` null: it is chosen when the job is placed. */
  predict(subject: Subject, jobId: string, version: string | null = null): JobSpec['predicted'] {
    const isChallengers = permilleOf(`${jobId} prediction`) < predictorRules.challengerPermille;
    const serving = (isChallengers && this.#challenger) || this.#champion;
    const predicted = predictionOf(serving, subject, version);
    if (!predicted) return { ...predictorRules.unknown, seen: 0, model: serving.name };
    const [p50Ms, p95Ms] = [Math.round(1000 * predicted.p50Seconds), Math.round(1000 * predicted.p95Seconds)];
    return { p50Ms, p95Ms, seen: predicted.seen, model: serving.name };
  }

  /** A job has come to its end, or its attempt was cut short. To be told in the order of the log. */
  ended(run: EndedRun): PredictorNews[] {
    const news = run.isCut ? [] : this.#judge(run);
    this.#learn(this.#champion, run);
    if (this.#challenger) this.#learn(this.#challenger, run);
    this.#kept.push(run);
    // In blocks: shifting ten thousand at each end would cost more than the prediction.
    if (this.#kept.length >= 1.1 * predictorRules.keptMax)
      this.#kept = this.#kept.slice(-predictorRules.keptMax);
    if (this.#trainedMs === 0) this.#trainedMs = run.atMs;
    const isDay = run.atMs - this.#trainedMs >= predictorRules.retrainEveryMs;
    const isFirst = this.#count === 0 && this.#kept.length >= predictorRules.trainedFromMin;
    if ((isDay && this.#mayTrain('schedule')) || isFirst)
      news.push(...this.#train(run.atMs, 'schedule', this.#kept.length));
    return news;
  }

  names(): { champion: string; challenger: string | null; chain: readonly string[]; contest: Contest } {
    const { name, chain } = this.#champion;
    return { champion: name, challenger: this.#challenger?.name ?? null, chain, contest: this.#contest };
  }

  /** How near each sum of the champion's watch is to its alarm, 0 to 1. */
  drift(): Record<Drift, number> {
    return nearnessOf(this.#watch);
  }

  dump(): PredictorDump {
    const dumped = (one: Trained) => ({ ...one, model: one.model.dump() });
    return {
      champion: dumped(this.#champion),
      challenger: this.#challenger && dumped(this.#challenger),
      contest: this.#contest,
      watch: this.#watch,
      kept: this.#kept,
      trainedMs: this.#trainedMs,
      count: this.#count,
      former: this.#former,
    };
  }

  load(dump: PredictorDump): void {
    const loaded = (one: PredictorDump['champion']): Trained => {
      const model = new VersionedModel();
      model.load(one.model);
      return { ...one, model };
    };
    this.#champion = loaded(dump.champion);
    this.#challenger = dump.challenger && loaded(dump.challenger);
    this.#contest = dump.contest;
    this.#watch = dump.watch;
    this.#kept = dump.kept;
    this.#trainedMs = dump.trainedMs;
    this.#count = dump.count;
    this.#former = dump.former;
  }

  #judge(run: EndedRun): PredictorNews[] {
    const error = errorOf(this.#champion, run);
    if (error === null) return [];
    const news: PredictorNews[] = [];
    const since = Math.max(predictorRules.trainedFromMin, this.#watch.since + 1);
    const drift = this.#champion.errors.length > 0 && watchDrift(this.#watch, error);
    if (drift) {
      news.push({ type: 'drifted', model: this.#champion.name, drift, atMs: run.atMs });
      if (this.#mayTrain('drift')) news.push(...this.#train(run.atMs, 'drift', since));
    }
    const other = this.#challenger && errorOf(this.#challenger, run);
    if (other === null) return news;
    contend(this.#contest, Math.abs(error), Math.abs(other));
    return [...news, ...this.#settle(run.atMs)];
  }

  #mayTrain(because: 'schedule' | 'drift'): boolean {
    return !this.#challenger || this.#contest.jobs >= predictorRules.contestMin[because];
  }

  #settle(atMs: number): PredictorNews[] {
    const challenger = this.#challenger;
    const winner = winnerOf(this.#contest);
    if (!challenger || !winner) return [];
    this.#contest = newContest();
    if (winner === 'champion') {
      this.#challenger = null;
      return [{ type: 'dropped', model: challenger.name, atMs }];
    }
    const before = this.#champion;
    const isRollback = challenger.name === this.#former;
    this.#champion = challenger;
    this.#challenger = before;
    this.#former = before.name;
    this.#watch = newDriftWatch(challenger.errors);
    return [{ type: 'promoted', model: challenger.name, before: before.name, isRollback, atMs }];
  }

  #train(atMs: number, because: 'schedule' | 'drift', last: number): PredictorNews[] {
    if (this.#kept.length < predictorRules.trainedFromMin) return [];
    this.#count++;
    this.#trainedMs = atMs;
    const runs = this.#kept.slice(-last);
    const trained = train(`m${this.#count}`, runs);
    this.#challenger = trained;
    // Nobody has trained the first one, and it may stay: what it is watched by are its own errors over the same runs.
    if (this.#champion.errors.length === 0) {
      const { errors } = train(this.#champion.name, runs, this.#champion.chain);
      this.#champion = { ...this.#champion, errors };
      this.#watch = newDriftWatch(errors);
    }
    this.#former = null;
    this.#contest = newContest();
    return [{ type: 'trained', model: trained.name, because, chain: trained.chain, atMs }];
  }

  #learn(one: Trained, run: EndedRun): void {
    const { seconds, isCut, served } = run;
    const servedP95Seconds = served?.model === one.name ? served.p95Ms / 1000 : null;
    const ran = { seconds, isCut, ...(servedP95Seconds === null ? {} : { servedP95Seconds }) };
    one.model.learn(run.subject.binary, run.version, featuresFor(one, run.subject), ran);
  }
}
