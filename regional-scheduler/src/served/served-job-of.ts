/**
 * A job that has succeeded, as the diagnosis of predictions reads it (predict/diagnose.ts): which features it was served
 * with, what they are when they are worked out again from its request, what was predicted and what it ran. A label comes
 * when the end is on record and the predictor has looked; the run itself ended when its processes did, which is earlier
 * where nobody could be told. Pure.
 */
import { limits } from '@cellbook/shared/limits.ts';
import { featuresOf } from '../core/contain/features.ts';
import type { JobSpec } from '../core/model/job.ts';
import type { ServedJob } from '../predict/diagnose.ts';
import { valuesOf } from '../predict/subject.ts';
import type { FoldedAttempt } from '../records/fold-job.ts';

export interface SettledJob {
  spec: JobSpec;
  prompt: string;
  parameters: Readonly<Record<string, unknown>>;
  view: {
    attempts: readonly Pick<FoldedAttempt, 'ranMs' | 'startedMs' | 'endedMs' | 'savedMsBefore'>[];
  };
}

/** Null where nothing was predicted, or nothing is known of its last attempt. */
export function servedJobOf({ spec, prompt, parameters, view }: SettledJob): ServedJob | null {
  const last = view.attempts.at(-1);
  if (!last || last.ranMs === null || last.endedMs === null || last.startedMs === null) return null;
  const { predicted, orgId, kind, binary, submittedMs } = spec;
  const seconds = (last.savedMsBefore + last.ranMs) / 1000;
  if (predicted.seen === 0 || predicted.p50Ms <= 0 || seconds <= 0) return null;
  return {
    servedMs: submittedMs,
    servedValues: valuesOf(spec),
    values: valuesOf({ ...spec, features: featuresOf({ kind, binary, prompt, parameters }) }),
    holder: orgId,
    p50Seconds: predicted.p50Ms / 1000,
    seconds,
    endedMs: Math.min(last.endedMs, last.startedMs + last.ranMs),
    labelMs: last.endedMs + limits.scheduler.learnEveryMs,
  };
}
