/** How good predicted runtimes are, and what becomes of the models that make them, for /metrics. */
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { Predictor } from './predictor.ts';
import type { EndedRun } from './trained.ts';

/** Of |ln(ran / predicted)|: 0.25 is a quarter off, 0.7 twice or half. */
const errorBuckets = [0.05, 0.1, 0.18, 0.25, 0.4, 0.7, 1.1, 1.6, 2.3];

export function predictionMetrics(metrics: Metrics, predictor: Pick<Predictor, 'names'>) {
  const judged = metrics.counter(
    'cellbook_scheduler_predictions_judged_total',
    'Predicted runtimes against what came of them: whether the middle was within a quarter, and the bound held.',
    ['middle', 'bound'],
  );
  for (const middle of ['within', 'longer', 'shorter'])
    for (const bound of ['held', 'passed']) judged.inc({ middle, bound }, 0);
  const errors = metrics.histogram(
    'cellbook_scheduler_prediction_error_log',
    'Of predicted runtimes |ln(ran / predicted)|, by which model served.',
    ['role'],
    errorBuckets,
  );
  const news = metrics.counter(
    'cellbook_scheduler_prediction_news_total',
    'What became of the models that predict runtimes: drifted, trained, promoted, dropped.',
    ['type'],
  );
  for (const type of ['drifted', 'trained', 'promoted', 'dropped']) news.inc({ type }, 0);
  const roleOf = (model: string): string => {
    const { champion, challenger } = predictor.names();
    if (model === champion) return 'champion';
    return model === challenger ? 'challenger' : 'former';
  };
  return {
    judged({ served, seconds, isCut }: EndedRun): void {
      if (isCut || !served || served.seen === 0) return;
      const ratio = (1000 * seconds) / served.p50Ms;
      const middle = Math.abs(ratio - 1) <= 0.25 ? 'within' : ratio > 1 ? 'longer' : 'shorter';
      judged.inc({ middle, bound: 1000 * seconds <= served.p95Ms ? 'held' : 'passed' });
      if (ratio > 0) errors.observe({ role: roleOf(served.model) }, Math.abs(Math.log(ratio)));
    },
    news: (type: string) => news.inc({ type }),
  };
}

/** Read when somebody asks. */
export function lookAtPredictor(metrics: Metrics, predictor: Pick<Predictor, 'names' | 'drift'>): () => void {
  const models = metrics.gauge('cellbook_scheduler_prediction_model', 'Which model is in which role.', [
    'role',
    'model',
  ]);
  const contest = metrics.gauge(
    'cellbook_scheduler_prediction_contest_jobs',
    'Jobs that champion and challenger were compared on.',
  );
  const drift = metrics.gauge(
    'cellbook_scheduler_prediction_drift',
    'How near the champion is to an alarm of drift, 0 to 1.',
    ['direction'],
  );
  return () => {
    const names = predictor.names();
    models.reset();
    models.set({ role: 'champion', model: names.champion }, 1);
    if (names.challenger !== null) models.set({ role: 'challenger', model: names.challenger }, 1);
    contest.set(names.contest.jobs);
    for (const [direction, nearness] of Object.entries(predictor.drift())) drift.set({ direction }, nearness);
  };
}
