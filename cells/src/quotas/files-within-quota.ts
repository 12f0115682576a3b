/**
 * Files as the contents API changes them, within the quota of storage: room is reserved before anything is written
 * (storage-reservations.ts), so a change that would be too much leaves everything as it was, whatever else is saved
 * at the same moment. Deleting and moving is always possible.
 *
 * A save adds its own size: the file as it was becomes an earlier version and goes on counting. Where there is no room
 * for that, the save is made without being kept as a version, so that whoever is at his limit can still save what
 * is no larger than before.
 *
 * What running code writes does not pass here. It is captured whatever the quota says, because nobody may lose what he
 * has computed; the next save and the next resume are refused until there is room again, and the volume's own limit
 * (of the disk) holds at every moment.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { FileTree, TreePath, WriteOptions } from '../storage/file-tree.ts';
import type { FilesOptions } from '../storage/workspace-volumes.ts';
import type { Tenant, WorkspaceQuotas } from './quota-guard.ts';
import { sizeBelow } from './size-below.ts';

export interface FilesWithinQuotaDeps {
  files(workspaceId: WorkspaceId, options?: FilesOptions): Promise<FileTree>;
  /** Null: there is no such workspace; who asks for its files is told so by them. */
  tenantOf(workspaceId: WorkspaceId): Promise<Tenant | null>;
  quotas: Pick<WorkspaceQuotas, 'reserveStorage'>;
}

export async function filesWithinQuota(
  deps: FilesWithinQuotaDeps,
  workspaceId: WorkspaceId,
): Promise<FileTree> {
  const tree = await deps.files(workspaceId);

  /** Does it with room for so many more bytes. */
  async function within<T>(moreBytes: number, work: (tree: FileTree) => Promise<T>): Promise<T> {
    const tenant = moreBytes > 0 ? await deps.tenantOf(workspaceId) : null;
    if (!tenant) return work(tree);
    const room = await deps.quotas.reserveStorage(tenant, moreBytes, 'saving a file');
    try {
      return await work(await deps.files(workspaceId, { reservation: room.id }));
    } finally {
      await room.release();
    }
  }

  async function write(path: TreePath, bytes: Uint8Array, options: WriteOptions = {}) {
    const { version, ...plain } = options;
    const before = (await tree.stat(path))?.sizeBytes ?? 0;
    const grown = Math.max(0, bytes.length - before);
    if (!version) return within(grown, (roomy) => roomy.write(path, bytes, plain));
    try {
      return await within(bytes.length, (roomy) => roomy.write(path, bytes, options));
    } catch (error) {
      const isOnlyForTheVersion = isFull(error) && before > 0 && !version.isNeeded;
      if (!isOnlyForTheVersion) throw error;
      return within(grown, (roomy) => roomy.write(path, bytes, plain));
    }
  }

  return {
    ...tree,
    write,
    async copy(from, to) {
      return within(await sizeBelow(tree, from), (roomy) => roomy.copy(from, to));
    },
    async restoreCheckpoint(path, id) {
      // How large it was then is not known here, so nobody who is at his limit may.
      return within(1, (roomy) => roomy.restoreCheckpoint(path, id));
    },
    uploadChunk: (path, chunk, bytes) =>
      within(bytes.length, (roomy) => roomy.uploadChunk(path, chunk, bytes)),
    finishUpload: (path, bytes, ...rest) =>
      within(bytes.length, (roomy) => roomy.finishUpload(path, bytes, ...rest)),
  };
}

const isFull = (error: unknown): boolean => error instanceof CellbookError && error.code === 'volume_full';
