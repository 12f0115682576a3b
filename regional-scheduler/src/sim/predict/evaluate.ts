/**
 * Predictions against what happened, the first 80 % of the requests in time to learn from, the rest to predict.
 * Ours goes on learning while it predicts, but only from what has ended by then. The baseline is the chain of
 * medians by (group, model, steps, type, LoRAs), each shorter by one where nothing was seen.
 */
import { type RuntimeFeatures, RuntimeModel, type RuntimePrediction } from '../../predict/runtime-model.ts';
import type { ServedRequest } from './read-requests.ts';

export interface Quality {
  maeSeconds: number;
  /** The median of the errors as shares of the truth. */
  mdape: number;
  /** The share of the predictions within 25 % of the truth. */
  within25: number;
  r2: number;
}

export interface Evaluation extends Quality {
  n: number;
  /** The share that ran no longer than the predicted 95th percentile. */
  withinP95: number;
  baseline: Quality;
}

const learnedShare = 0.8;

export function evaluate(requests: readonly ServedRequest[]): Evaluation {
  const split = Math.floor(requests.length * learnedShare);
  const past = requests.slice(0, split);
  const later = requests.slice(split);
  const truth = later.map((request) => request.seconds);
  const median = medianChain(past);
  const ours = predicted(requests, split);
  const covered = ours.filter((one, at) => truth[at]! <= one.p95Seconds).length;
  return {
    n: later.length,
    ...quality(
      ours.map((one) => one.p50Seconds),
      truth,
    ),
    withinP95: covered / later.length,
    baseline: quality(later.map(median), truth),
  };
}

function predicted(requests: readonly ServedRequest[], split: number): RuntimePrediction[] {
  const model = new RuntimeModel();
  const nothing = { p50Seconds: 0, p95Seconds: 0, seen: 0 };
  let underway: { request: ServedRequest; served: RuntimePrediction }[] = [];
  const predictions: RuntimePrediction[] = [];
  for (const [at, request] of requests.entries()) {
    const hasEnded = ({ request: one }: (typeof underway)[number]) =>
      one.atSeconds + one.seconds <= request.atSeconds;
    for (const { request: one, served } of underway.filter(hasEnded))
      model.learn(featuresOf(one), {
        seconds: one.seconds,
        isCut: !one.hasSucceeded,
        ...(served.seen > 0 ? { servedP95Seconds: served.p95Seconds } : {}),
      });
    const served = model.predict(featuresOf(request)) ?? nothing;
    underway = [...underway.filter((one) => !hasEnded(one)), { request, served }];
    if (at >= split) predictions.push(served);
  }
  return predictions;
}

function featuresOf({ model, images, steps, type, loras, group }: ServedRequest): RuntimeFeatures {
  return { chain: [model, images, steps, type, loras, group], holder: group };
}

function medianChain(past: readonly ServedRequest[]): (request: ServedRequest) => number {
  const chainOf = ({ group, model, steps, type, loras }: ServedRequest) => [group, model, steps, type, loras];
  const groups = new Map<string, number[]>();
  const keysOf = (request: ServedRequest) => {
    const chain = chainOf(request);
    return Array.from({ length: chain.length + 1 }, (_, less) =>
      JSON.stringify(chain.slice(0, chain.length - less)),
    );
  };
  for (const request of past)
    for (const key of keysOf(request)) groups.set(key, [...(groups.get(key) ?? []), request.seconds]);
  const medians = new Map([...groups].map(([key, values]) => [key, medianOf(values)]));
  return (request) => medians.get(keysOf(request).find((key) => medians.has(key)) ?? '') ?? 0;
}

export function quality(predictions: readonly number[], truth: readonly number[]): Quality {
  const errors = truth.map((value, at) => Math.abs(predictions[at]! - value));
  const mean = sum(truth) / truth.length;
  return {
    maeSeconds: sum(errors) / errors.length,
    mdape: medianOf(errors.map((error, at) => error / truth[at]!)),
    within25: errors.filter((error, at) => error <= 0.25 * truth[at]!).length / errors.length,
    r2: 1 - sum(errors.map((error) => error ** 2)) / sum(truth.map((value) => (value - mean) ** 2)),
  };
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
