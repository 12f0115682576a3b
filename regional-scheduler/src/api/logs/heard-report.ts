/** The last lines and the progress in an agent's report: of attempts that are its host's, as the scheduler knows, and of no others. */
import type { AgentReport } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import type { SchedulerState } from '../../core/state.ts';
import type { JobLogs } from './job-logs.ts';

export interface HeardDeps {
  logs: JobLogs;
  state(): SchedulerState | null;
  nowMs(): number;
  onFailure(error: unknown): void;
}

/** To be called before the report is taken in: an attempt that it ends is known only until then. */
export function hearReport({ logs, state, nowMs, onFailure }: HeardDeps, report: AgentReport): void {
  const live = state()?.attempts;
  for (const { attemptId, jobId, state: told, logTail: tail, progress } of report.attempts) {
    if ((tail === '' && progress === null) || live?.get(attemptId)?.host.spec.hostId !== report.hostId)
      continue;
    const noted = { jobId, attemptId, tail, progress, atMs: nowMs() };
    if (told.phase === 'ended') logs.keep(noted).catch(onFailure);
    else logs.note(noted);
  }
}
