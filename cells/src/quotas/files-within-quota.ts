/**
 * Files as the contents API changes them, within the quota of storage: a change that would be too much is refused
 * before anything is written, and what was there stays as it was. Deleting and moving is always possible.
 *
 * What running code writes does not pass here. It is captured whatever the quota says, because nobody may lose
 * what he has computed; the next save and the next resume are refused until there is room again. The sum is a
 * few seconds old and saves that are under way at once do not see each other, so a quota can be passed by what
 * they write together; the volume's own limit (of the disk) holds at every moment.
 */
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { FileTree, TreePath } from '../storage/file-tree.ts';
import type { Tenant, WorkspaceQuotas } from './quota-guard.ts';

export interface FilesWithinQuotaDeps {
  files(workspaceId: WorkspaceId): Promise<FileTree>;
  /** Null: there is no such workspace; who asks for its files is told so by them. */
  tenantOf(workspaceId: WorkspaceId): Promise<Tenant | null>;
  quotas: Pick<WorkspaceQuotas, 'assertStorage'>;
}

export async function filesWithinQuota(
  deps: FilesWithinQuotaDeps,
  workspaceId: WorkspaceId,
): Promise<FileTree> {
  const tree = await deps.files(workspaceId);
  const assertRoom = async (moreBytes: number) => {
    if (moreBytes <= 0) return;
    const tenant = await deps.tenantOf(workspaceId);
    if (tenant) await deps.quotas.assertStorage(tenant, moreBytes, 'saving a file');
  };
  const grows = async (path: TreePath, bytes: number) => {
    const stat = await tree.stat(path);
    await assertRoom(bytes - (stat?.sizeBytes ?? 0));
  };
  return {
    ...tree,
    async write(path, bytes, options) {
      await grows(path, bytes.length);
      return tree.write(path, bytes, options);
    },
    async copy(from, to) {
      // A directory is as large as it is; that it is no more than one byte over is all that is sure.
      await assertRoom((await tree.stat(from))?.sizeBytes ?? 1);
      return tree.copy(from, to);
    },
    async restoreCheckpoint(path, id) {
      // How large it was then is not known here, so nobody who is at his limit may.
      await assertRoom(1);
      return tree.restoreCheckpoint(path, id);
    },
    async uploadChunk(path, chunk, bytes) {
      await assertRoom(bytes.length);
      return tree.uploadChunk(path, chunk, bytes);
    },
    async finishUpload(path, bytes, ...rest) {
      await assertRoom(bytes.length);
      return tree.finishUpload(path, bytes, ...rest);
    },
  };
}
