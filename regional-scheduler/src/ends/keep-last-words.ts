/**
 * What an attempt wrote last is kept for good when its host tells of its end. One whose host fell silent has nobody to
 * tell it, and is what a dead letter most wants explained: then what was heard last is kept.
 */
import type { JobId } from '@cellbook/shared/ids.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { JobLogs } from '../api/logs/job-logs.ts';
import type { FoldedJob } from '../records/fold-job.ts';

interface EndedJob {
  record: { jobId: JobId };
  view: Pick<FoldedJob, 'attempts'>;
}

export async function keepLastWords(
  { logs, logger }: { logs: Pick<JobLogs, 'live' | 'keep'>; logger: Logger },
  ended: readonly EndedJob[],
): Promise<void> {
  const lost = ended.flatMap(({ record: { jobId }, view }) =>
    view.attempts.filter(isLost).map(({ attemptId }) => ({ jobId, attemptId })),
  );
  if (lost.length === 0) return;
  try {
    const heard = await logs.live(lost.map(({ attemptId }) => attemptId));
    for (const { jobId, attemptId } of lost) {
      const tail = heard.get(attemptId);
      if (tail) await logs.keep({ jobId, attemptId, ...tail });
    }
  } catch (error) {
    logger.warn({ err: error }, 'the last words of attempts that were lost are not kept');
  }
}

const isLost = ({ outcome }: FoldedJob['attempts'][number]): boolean =>
  outcome?.kind === 'failed' && outcome.class === 'lost';
