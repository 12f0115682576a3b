/** What the events of one job say of how long its attempts ran: what a prediction is learned from. Pure. */
import type { SchedulerEvent } from '../core/model/event.ts';
import type { JobSpec } from '../core/model/job.ts';
import type { EndedRun } from './trained.ts';

/** Cut short so soon it says nothing of how long it would have run. */
const cutMsMin = 1_000;

/** In the order of their ends; `attemptIds`: those to tell of. Times are of the whole job, what a checkpoint saved before included. */
export function runsOf(events: readonly SchedulerEvent[], attemptIds: ReadonlySet<string>): EndedRun[] {
  let spec: JobSpec | null = null;
  let savedMs = 0;
  const placed = new Map<string, { version: string; savedMs: number }>();
  const runs: EndedRun[] = [];
  for (const event of events) {
    if (event.type === 'job_submitted') spec = event.job;
    if (event.type === 'job_placed') placed.set(event.attemptId, { version: event.version, savedMs });
    if (event.type === 'attempt_saved') savedMs = Math.max(savedMs, event.savedMs);
    if (event.type !== 'attempt_ended') continue;
    const { attemptId, outcome, ranMs, atMs } = event;
    const begun = placed.get(attemptId);
    savedMs = Math.max(savedMs, event.savedMs);
    const isCut = outcome.kind !== 'succeeded';
    if (!spec || !begun || !attemptIds.has(attemptId) || (isCut && ranMs < cutMsMin)) continue;
    const seconds = (begun.savedMs + ranMs) / 1000;
    runs.push({
      subject: subjectOf(spec),
      version: begun.version,
      seconds,
      isCut,
      served: spec.predicted,
      atMs,
    });
  }
  return runs;
}

function subjectOf({ orgId, kind, binary, gpus, features }: JobSpec): EndedRun['subject'] {
  return { orgId, kind, binary, gpus, features };
}
