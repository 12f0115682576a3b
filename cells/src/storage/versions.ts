/** Every manifest is a version of the workspace's files: they can be listed, and one made current again. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { KeyedLock } from './keyed-lock.ts';
import type { Manifest, ManifestStore, VolumeRow } from './manifests/manifest-store.ts';
import type { VolumePointer } from './volume-pointer.ts';

export interface VersionsOfVolumes {
  /** Newest first; `before` pages through. */
  versions(workspaceId: WorkspaceId, limit: number, before?: number): Promise<Manifest[]>;
  /** Makes an earlier version current, as a new one. Only while suspended: a live directory is the truth. */
  restore(workspaceId: WorkspaceId, version: number): Promise<{ version: number }>;
}

export interface VersionsParts {
  manifests: ManifestStore;
  lock: KeyedLock<WorkspaceId>;
  rowOf(workspaceId: WorkspaceId): Promise<VolumeRow>;
  pointerTo(row: VolumeRow): VolumePointer;
}

export function versionsOf({ manifests, lock, rowOf, pointerTo }: VersionsParts): VersionsOfVolumes {
  return {
    versions: (workspaceId, limit, before) => manifests.list(workspaceId, limit, before),
    restore: (workspaceId, version) =>
      lock.run(workspaceId, async () => {
        const row = await rowOf(workspaceId);
        const [found] = await manifests.list(workspaceId, 1, version + 1);
        const ids = { workspaceId, version };
        const doing = `restoring version ${version}`;
        if (found?.version !== version || found.root === null)
          throw new CellbookError('not_found', { doing, problem: 'there is no such version', ids });
        if (row.attachedHost !== null)
          throw new CellbookError('conflict', {
            ...{ doing, ids },
            problem: 'the workspace is running',
            next: 'Suspend it first.',
          });
        return { version: await pointerTo(row).restore(found.root) };
      }),
  };
}
