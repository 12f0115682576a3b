/** Where a page of jobs ended, as clients are given it. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { Place } from '../records/job-record.ts';

export const cursorOf = ({ submittedMs, jobId }: Place): string =>
  Buffer.from(`${submittedMs} ${jobId}`).toString('base64url');

export function afterOf(cursor: string): Place {
  const match = Buffer.from(cursor, 'base64url')
    .toString('utf8')
    .match(/^(\d{1,16}) (job-\w+)$/);
  if (match) return { submittedMs: Number(match[1]), jobId: match[2] ?? '' };
  throw new CellbookError('bad_request', {
    doing: 'listing jobs',
    problem: 'query.cursor: it is none that was given out',
    next: 'Use nextCursor of the page before, or leave it out.',
  });
}
