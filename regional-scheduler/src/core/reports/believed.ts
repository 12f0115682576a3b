/**
 * What of an agent's words about an attempt of its own is taken: keys of objects that are this job's, and no more time
 * than there has been. A host that lies can spoil what it runs, and nothing else.
 */
import type { AttemptId, JobId } from '@cellbook/shared/ids.ts';
import { agentObjectKeySchema } from '@cellbook/shared/protocol/agent-objects-api.ts';
import type { AttemptReport } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import type { AttemptOutcome } from '../model/job.ts';
import type { AttemptView } from './views.ts';

/** Between the clocks of schedulers that led at its beginning and at its end. */
const clockSlackMs = 10_000;

/** `told`, with nothing in it that cannot be. */
export function believable(own: AttemptView, told: AttemptReport, nowMs: number): AttemptReport {
  const { attempt, job } = own;
  const ranMs = Math.min(told.ranMs, Math.max(0, nowMs - attempt.placedMs) + clockSlackMs);
  const { checkpointKey } = told;
  const isOwn = checkpointKey !== null && isKeyUnder(`checkpoints/${job.jobId}/`, checkpointKey);
  return {
    ...told,
    ranMs,
    checkpointKey: isOwn ? checkpointKey : null,
    savedMs: isOwn ? Math.min(told.savedMs, own.ranMs + ranMs) : attempt.savedMs,
  };
}

/** A result that is not the attempt's own is none. */
export function withOwnResult(
  outcome: AttemptOutcome,
  { jobId, attemptId }: { jobId: JobId; attemptId: AttemptId },
): AttemptOutcome {
  if (outcome.kind !== 'succeeded' || isKeyUnder(`results/${jobId}/${attemptId}/`, outcome.resultKey))
    return outcome;
  return { kind: 'failed', class: 'bad_output', detail: 'the result it named is not its own' };
}

const isKeyUnder = (prefix: string, key: string): boolean =>
  key.startsWith(prefix) && agentObjectKeySchema.safeParse(key).success;
