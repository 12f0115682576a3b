/** The lab store in memory, for tests and the simulator. */
import type { UserId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { LabStore, LayoutOwner, StoredText } from './lab-store.ts';

export function createMemoryLabStore(): LabStore {
  const settingsByUser = new Map<UserId, Map<string, StoredText>>();
  const layoutsByWorkspace = new Map<WorkspaceId, Map<UserId, Map<string, StoredText>>>();
  const settingsOf = (userId: UserId) => getOrAdd(settingsByUser, userId);
  const layoutsOf = (owner: LayoutOwner) =>
    getOrAdd(getOrAdd(layoutsByWorkspace, owner.workspaceId), owner.userId);
  return {
    settings: async (userId) => sorted(settingsOf(userId)),
    setting: async (userId, pluginId) => settingsOf(userId).get(pluginId) ?? null,
    saveSetting: async (userId, pluginId, text, nowMs) => save(settingsOf(userId), pluginId, text, nowMs),
    layouts: async (owner) => sorted(layoutsOf(owner)),
    layout: async (owner, name) => layoutsOf(owner).get(name) ?? null,
    async saveLayout(owner, name, text, nowMs) {
      const layouts = layoutsOf(owner);
      if (!layouts.has(name) && layouts.size >= limits.lab.layoutsPerWorkspaceMax) return false;
      save(layouts, name, text, nowMs);
      return true;
    },
    deleteLayout: async (owner, name) => layoutsOf(owner).delete(name),
    forgetWorkspace: async (workspaceId) => void layoutsByWorkspace.delete(workspaceId),
  };
}

function save(texts: Map<string, StoredText>, name: string, text: string, nowMs: number): void {
  const createdAtMs = texts.get(name)?.createdAtMs ?? nowMs;
  texts.set(name, { name, text, createdAtMs, modifiedAtMs: nowMs });
}

function sorted(texts: Map<string, StoredText>): StoredText[] {
  return [...texts.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function getOrAdd<K, A, B>(map: Map<K, Map<A, B>>, key: K): Map<A, B> {
  const found = map.get(key) ?? new Map<A, B>();
  map.set(key, found);
  return found;
}
