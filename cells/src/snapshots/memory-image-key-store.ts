/** The image key store in memory, for tests and the simulator. */
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { Sealed } from '../secrets/seal.ts';
import type { ImageKeyStore } from './image-key-store.ts';

export function createMemoryImageKeyStore(): ImageKeyStore {
  const kept = new Map<WorkspaceId, Sealed>();
  return {
    get: async (workspaceId) => kept.get(workspaceId) ?? null,
    async keep({ workspaceId, sealed }) {
      const first = kept.get(workspaceId) ?? sealed;
      kept.set(workspaceId, first);
      return first;
    },
    remove: async (workspaceId) => void kept.delete(workspaceId),
    wrappedByOthers: async (keyId, limit) =>
      [...kept]
        .map(([workspaceId, sealed]) => ({ workspaceId, sealed }))
        .filter(({ sealed }) => sealed.keyId !== keyId)
        .slice(0, limit),
    async reseal({ workspaceId, sealed }, after) {
      if (kept.get(workspaceId)?.text !== sealed.text) return false;
      kept.set(workspaceId, after);
      return true;
    },
  };
}
