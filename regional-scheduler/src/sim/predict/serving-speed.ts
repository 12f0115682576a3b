/**
 * How many predictions a second one processor makes, by what admission asks (predict/predictor.ts), after it has learned
 * from all of the requests. Ten times the requests need ten times as much of a processor, and nothing else.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { orgIdSchema } from '@cellbook/shared/ids.ts';
import { Predictor } from '../../predict/predictor.ts';
import type { Subject } from '../../predict/subject.ts';
import type { EndedRun } from '../../predict/trained.ts';
import type { ServedRequest } from './read-requests.ts';

export interface ServingSpeed {
  predictionsPerSecond: number;
  /** The share of them that something was known about. */
  known: number;
}

const predictions = 50_000;

export function servingSpeed(
  requests: readonly ServedRequest[],
  clock: Pick<Clock, 'monotonicMs'>,
): ServingSpeed {
  const predictor = new Predictor();
  for (const request of requests) predictor.ended(runOf(request));
  const subjects = requests.map(subjectOf);
  const beganMs = clock.monotonicMs();
  let known = 0;
  for (let made = 0; made < predictions; made++)
    if (predictor.predict(subjects[made % subjects.length]!, `job-${made}`).seen > 0) known++;
  const seconds = (clock.monotonicMs() - beganMs) / 1000;
  return { predictionsPerSecond: Math.round(predictions / seconds), known: known / predictions };
}

const orgId = orgIdSchema.parse('org-00000000000000000001');

function subjectOf({ group, model, images, steps, type, loras }: ServedRequest): Subject {
  const values = { group, model, images, steps, type, loras };
  const features = Object.entries(values).map(([name, value]) => `${name}:${value}`);
  return { orgId, kind: 'image', binary: 'diffusion', gpus: 1, features };
}

function runOf(request: ServedRequest): EndedRun {
  const { atSeconds, seconds, hasSucceeded } = request;
  return {
    ...{ subject: subjectOf(request), version: '1', seconds, isCut: !hasSucceeded, served: null },
    atMs: Math.round(1000 * (atSeconds + seconds)),
  };
}
