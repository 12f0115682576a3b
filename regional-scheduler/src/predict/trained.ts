/** A model with the features it goes by, and how one is made from what has ended. */
import type { JobSpec } from '../core/model/job.ts';
import { chooseChain } from './choose-chain.ts';
import type { RuntimeFeatures, RuntimePrediction } from './runtime-model.ts';
import { chainValues, type Subject, valuesOf } from './subject.ts';
import { VersionedModel } from './versioned-model.ts';

export interface Trained {
  name: string;
  chain: readonly string[];
  /** Logarithms of what ran over what it would have predicted, over the last half of what it was trained from. */
  errors: readonly number[];
  model: VersionedModel;
}

export interface EndedRun {
  subject: Subject;
  version: string;
  seconds: number;
  /** It would have run longer: failed, preempted, or still running. */
  isCut: boolean;
  served: JobSpec['predicted'] | null;
  atMs: number;
}

/** Errors that are kept as a reference for drift. */
const errorsMax = 2_000;

/** `chain`: the features to go by; absent: those that tell most of these runs. */
export function train(name: string, runs: readonly EndedRun[], chain?: readonly string[]): Trained {
  const samples = () =>
    runs.filter((run) => !run.isCut).map((run) => ({ values: valuesOf(run.subject), seconds: run.seconds }));
  const trained = { name, chain: chain ?? chooseChain(samples()), model: new VersionedModel() };
  const errors: number[] = [];
  for (const [at, run] of runs.entries()) {
    const error = at < runs.length / 2 ? null : errorOf(trained, run);
    if (error !== null && !run.isCut) errors.push(error);
    trained.model.learn(run.subject.binary, run.version, featuresFor(trained, run.subject), run);
  }
  return { ...trained, errors: errors.slice(-errorsMax) };
}

export function featuresFor({ chain }: Pick<Trained, 'chain'>, subject: Subject): RuntimeFeatures {
  return { chain: chainValues(valuesOf(subject), chain), holder: subject.orgId };
}

export function predictionOf(
  one: Pick<Trained, 'chain' | 'model'>,
  subject: Subject,
  version: string | null,
): RuntimePrediction | null {
  return one.model.predict(subject.binary, version, featuresFor(one, subject));
}

/** Null where it knows nothing. */
export function errorOf(one: Pick<Trained, 'chain' | 'model'>, run: EndedRun): number | null {
  const predicted = predictionOf(one, run.subject, run.version);
  return predicted && Math.log(Math.max(1, run.seconds) / predicted.p50Seconds);
}
