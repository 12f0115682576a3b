/** The errors of the manifest store, told apart by what the row says after a write that changed nothing. */
import { refuseOlderEpoch } from '@cellbook/shared/epoch.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { Commit, VolumeRow } from './manifest-store.ts';

export function noSuchVolume(workspaceId: WorkspaceId, doing: string): CellbookError {
  return new CellbookError('gone', {
    doing,
    problem: 'the workspace has no files: it was deleted or never made',
    ids: { workspaceId },
  });
}

/** Throws the reason why `commit` does not apply to `row`; returns when it does. */
export function refuseCommit(row: VolumeRow | null, commit: Commit): asserts row is VolumeRow {
  const { workspaceId, epoch, expectedVersion } = commit;
  if (!row) throw noSuchVolume(workspaceId, 'committing a version');
  refuseOlderEpoch(epoch, row.epoch, 'the files', { workspaceId });
  if (row.epoch === epoch && row.version === expectedVersion) return;
  throw new CellbookError('conflict', {
    doing: `committing a version after ${expectedVersion}`,
    problem: 'the files have moved on, or this epoch was never claimed',
    next: 'Read the current version and make the change again.',
    ids: { workspaceId, version: row.version, epoch: row.epoch },
  });
}
