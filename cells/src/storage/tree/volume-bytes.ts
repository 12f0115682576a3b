/** What a volume holds, as quotas count it: its files with the uploads under way, and their earlier versions. */
import { treeBytes } from './tree-bytes.ts';
import { versionBytes } from './version-bytes.ts';
import type { VolumeObjects } from './volume-objects.ts';
import { areaRoot } from './volume-root.ts';

export interface VolumeBytes {
  bytes: number | null;
  versionBytes: number | null;
}

/** Null where it would take too many reads; what was measured last stays. */
export async function volumeBytes(objects: VolumeObjects, root: string): Promise<VolumeBytes> {
  const files = await treeBytes(objects, await areaRoot(objects, root, 'files'));
  const uploads = await treeBytes(objects, await areaRoot(objects, root, 'uploads'));
  return {
    bytes: files === null || uploads === null ? null : files + uploads,
    versionBytes: await versionBytes(objects, await areaRoot(objects, root, 'versions')),
  };
}
