/**
 * Room on the disk that a host's live directories lie on. Each directory is a small file system of its own in a
 * file that grows as it fills: where the disk below has no room, a write is taken by the kernel's cache, said to
 * have gone well, and lost when it is written back. So what comes in is refused while too little is left; what
 * makes room, or takes files off the host, is not.
 */
import { statfs } from 'node:fs/promises';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { TreeMethod } from '../wire/tree-wire.ts';

export interface HostDisk {
  /** Throws `capacity_exhausted`: another host may have room, or this one later. */
  needRoomToStart(workspaceId: WorkspaceId): Promise<void>;
  /** Throws `store_unavailable` where a call would bring in what does not fit. */
  needRoomFor(method: TreeMethod, bytes: number, workspaceId: WorkspaceId): Promise<void>;
}

const bringsIn: readonly TreeMethod[] = [
  ...(['write', 'replace', 'makeDirectory', 'copy', 'uploadChunk', 'finishUpload'] as const),
  'restoreCheckpoint',
];

export function createHostDisk(directory: string): HostDisk {
  async function isShortOf(bytes: number): Promise<boolean> {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize < bytes + limits.host.diskHeadroomBytesMin;
  }
  return {
    async needRoomToStart(workspaceId) {
      if (await isShortOf(0)) throw full('capacity_exhausted', 'bringing files to this host', workspaceId);
    },
    async needRoomFor(method, bytes, workspaceId) {
      if (!bringsIn.includes(method) || !(await isShortOf(bytes))) return;
      throw full('store_unavailable', 'writing to the files on this host', workspaceId);
    },
  };
}

const full = (
  code: 'capacity_exhausted' | 'store_unavailable',
  doing: string,
  workspaceId: WorkspaceId,
): CellbookError =>
  new CellbookError(code, {
    ...{ doing, problem: 'the disk of this host is full', ids: { workspaceId } },
    next: 'What was saved is kept. Try again in a little while; an operator makes room.',
    retryAfterMs: limits.lifecycle.capacityRetryAfterMs,
  });
