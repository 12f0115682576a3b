/** What the stores of organisations refuse, in the same words in every implementation. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';

export function tooMany(
  what: string,
  max: number,
  doing: string,
  ids: Record<string, string>,
): CellbookError {
  return new CellbookError('quota_exceeded', {
    doing,
    problem: `there are ${max} ${what} already`,
    next: 'Remove one that is no longer needed, or ask your operator.',
    ids,
  });
}

export const noRoom = (doing: string, ids: Record<string, string>): CellbookError =>
  tooMany('members', limits.edge.membersPerOrgMax, doing, ids);

export function taken(what: string, doing: string, ids: Record<string, string>): CellbookError {
  return new CellbookError('conflict', {
    doing,
    problem: `another ${what} already`,
    next: 'Choose another one.',
    ids,
  });
}
