import { CellbookError } from '@cellbook/shared/errors.ts';
import type { SandboxSpec } from '../../sandbox/driver.ts';
import type { HostVolumes } from '../../storage/create-workspace-volumes.ts';

/** Never a directory of the controller's choosing: only the one that holds this workspace's files here. */
export function refuseOtherDirectory(
  volumes: Pick<HostVolumes, 'liveDirectory'>,
  { workspaceId, homeDirectory }: Pick<SandboxSpec, 'workspaceId' | 'homeDirectory'>,
): void {
  if (volumes.liveDirectory(workspaceId) === homeDirectory) return;
  throw new CellbookError('conflict', {
    doing: `starting a sandbox for workspace ${workspaceId}`,
    problem: 'the directory named is not where its files are on this host',
    next: 'Attach its files here first.',
    ids: { workspaceId },
  });
}
