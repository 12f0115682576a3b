/** The image key store in memory, for tests and the simulator. */
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { Sealed } from '../secrets/seal.ts';
import type { ImageKeyStore } from './image-key-store.ts';

export function createMemoryImageKeyStore(): ImageKeyStore {
  const kept = new Map<WorkspaceId, Sealed>();
  const remote = new Map<WorkspaceId, number>();
  return {
    get: async (workspaceId) => kept.get(workspaceId) ?? null,
    async keep({ workspaceId, sealed }) {
      const first = kept.get(workspaceId) ?? sealed;
      kept.set(workspaceId, first);
      return first;
    },
    async remove(workspaceId) {
      kept.delete(workspaceId);
      remote.delete(workspaceId);
    },
    async beginRemote(workspaceId, nowMs) {
      if (!kept.has(workspaceId)) return false;
      remote.set(workspaceId, nowMs);
      return true;
    },
    listRemote: async (beforeMs, limit) =>
      [...remote]
        .map(([workspaceId, sinceMs]) => ({ workspaceId, sinceMs }))
        .filter(({ sinceMs }) => sinceMs < beforeMs)
        .sort((one, other) => one.sinceMs - other.sinceMs)
        .slice(0, limit),
    endRemote: async (workspaceId, sinceMs) =>
      remote.get(workspaceId) === sinceMs && remote.delete(workspaceId),
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
