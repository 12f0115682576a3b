/**
 * Removes what an ended job's attempts have brought and nobody needs: every checkpoint, told of or not, and results that
 * are not the recorded one (an attempt may have lost its lease after it had brought its own). Where there can be none
 * the store is not asked. What a program that dies in between leaves, or the store being away, goes when the job itself
 * is forgotten (upkeep/prune-jobs.ts).
 */
import type { JobId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { type ListedObjects, removeUnder } from '../objects/remove-under.ts';
import type { FoldedJob } from '../records/fold-job.ts';

export interface EndedJob {
  record: { jobId: JobId; spec: { checkpoints: boolean } | null };
  view: Pick<FoldedJob, 'phase' | 'result'> & { attempts: readonly unknown[] };
}

/** Those of whom something may be left. */
export async function removeObjects(
  { objects, logger }: { objects: ListedObjects; logger: Logger },
  ended: readonly EndedJob[],
): Promise<Set<JobId>> {
  const failed = new Set<JobId>();
  const left = ended.flatMap(leftoversOf);
  const worker = async () => {
    for (let next = left.pop(); next; next = left.pop()) {
      const { kind, jobId, recorded } = next;
      await removeUnder(objects, { kind, jobId }, (key) => key === recorded).catch((error: unknown) => {
        failed.add(jobId);
        logger.warn({ err: error, jobId, kind }, 'what nobody needs of a job is removed later');
      });
    }
  };
  await Promise.all(Array.from({ length: limits.jobs.expireAtOnce }, worker));
  return failed;
}

function leftoversOf({ record: { jobId, spec }, view: { phase, result, attempts } }: EndedJob) {
  const recorded = phase === 'succeeded' && result ? result.key : null;
  const others = attempts.length - (recorded === null ? 0 : 1);
  return [
    ...(attempts.length > 0 && spec?.checkpoints ? [{ kind: 'checkpoints' as const, jobId, recorded }] : []),
    ...(others > 0 ? [{ kind: 'results' as const, jobId, recorded }] : []),
  ];
}
