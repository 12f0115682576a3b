/** A running job with the progress that was heard of last, which is newer than what its last checkpoint recorded. */
import type { AttemptId } from '@cellbook/shared/ids.ts';
import type { Viewed } from '../../records/read-views.ts';
import type { JobLogs } from './job-logs.ts';

/** Null: it does not run. */
export function runningAttempt({ view }: Pick<Viewed, 'view'>): AttemptId | null {
  const last = view.attempts.at(-1);
  return last && last.endedMs === null && view.phase === 'running' ? last.attemptId : null;
}

export async function withLive(logs: Pick<JobLogs, 'live'>, viewed: Viewed): Promise<Viewed> {
  const attemptId = runningAttempt(viewed);
  if (attemptId === null) return viewed;
  const progress = (await logs.live([attemptId])).get(attemptId)?.progress ?? viewed.view.progress;
  return { ...viewed, view: { ...viewed.view, progress } };
}
