import { CellbookError } from '@cellbook/shared/errors.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';

const doing = 'recording the installed packages';

export const captureOver = (workspaceId: WorkspaceId): CellbookError =>
  new CellbookError('conflict', { doing, problem: 'storing them took too long', ids: { workspaceId } });

export const notOwned = (workspaceId: WorkspaceId): CellbookError =>
  new CellbookError('stale_epoch', {
    doing,
    problem: 'the files are somebody else’s by now',
    ids: { workspaceId },
  });

export const nothingBefore = (workspaceId: WorkspaceId): CellbookError =>
  new CellbookError('not_found', {
    doing: 'resetting the installed packages',
    problem: 'there is nothing from before to go back to',
    next: 'Reset to empty instead.',
    ids: { workspaceId },
  });
