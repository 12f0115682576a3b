/** The finding store in memory, for tests. */
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { FindingStore, FlaggedFile } from './finding-store.ts';

export function createMemoryFindingStore(): FindingStore {
  const byWorkspace = new Map<WorkspaceId, Map<string, FlaggedFile>>();
  const of = (workspaceId: WorkspaceId) => {
    const known = byWorkspace.get(workspaceId) ?? new Map<string, FlaggedFile>();
    byWorkspace.set(workspaceId, known);
    return known;
  };
  const within = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);
  const newestFirst = (files: Map<string, FlaggedFile>) =>
    [...files.values()].sort((one, other) => other.savedAtMs - one.savedAtMs);
  return {
    async replace(workspaceId, file) {
      const files = of(workspaceId);
      const wasFlagged = files.delete(file.path);
      if (file.findings.length > 0) files.set(file.path, file);
      for (const old of newestFirst(files).slice(limits.findings.filesPerWorkspaceMax))
        files.delete(old.path);
      return wasFlagged;
    },
    list: async (workspaceId) => newestFirst(of(workspaceId)),
    async move(workspaceId, from, to) {
      const files = of(workspaceId);
      for (const file of [...files.values()].filter(({ path }) => within(path, from))) {
        files.delete(file.path);
        const path = to + file.path.slice(from.length);
        files.set(path, { ...file, path });
      }
    },
    async remove(workspaceId, folder) {
      const files = of(workspaceId);
      for (const path of [...files.keys()].filter((one) => within(one, folder))) files.delete(path);
    },
    forgetWorkspace: async (workspaceId) => void byWorkspace.delete(workspaceId),
  };
}
