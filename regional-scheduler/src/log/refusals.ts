/** How an append is refused, the same by every implementation of the log. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { Batch } from './event-log.ts';

const doing = ({ firstSeq, entries, epoch }: Batch): string =>
  `appending events ${firstSeq} to ${firstSeq + entries.length - 1} with epoch ${epoch}`;

export const staleAppend = (batch: Batch): CellbookError =>
  new CellbookError('stale_epoch', {
    doing: doing(batch),
    problem: 'another leader has begun its term',
    next: 'The new leader goes on by itself; this one must stop.',
    ids: { givenEpoch: batch.epoch },
  });

export const takenNumbers = (batch: Batch, cause?: unknown): CellbookError =>
  new CellbookError('conflict', {
    doing: doing(batch),
    problem: 'the log does not end where this batch begins',
    next: 'Read the log again.',
    ids: { firstSeq: batch.firstSeq },
    cause,
  });
