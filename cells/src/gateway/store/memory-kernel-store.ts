import type {
  ConfigSection,
  KernelRecord,
  KernelStore,
  KernelspecCatalog,
  SessionRecord,
} from './kernel-store.ts';

/** A KernelStore that forgets at exit. Records are copied in and out, as a database would. */
export function createMemoryKernelStore(): KernelStore {
  const kernels = new Map<string, KernelRecord>();
  const sessions = new Map<string, SessionRecord>();
  const catalogs = new Map<string, KernelspecCatalog>();
  const configs = new Map<string, { workspaceId: string; value: ConfigSection }>();
  const configKey = (...parts: string[]) => JSON.stringify(parts);
  const dropWhere = <Value>(from: Map<string, Value>, matches: (value: Value) => boolean) => {
    for (const [key, value] of from) if (matches(value)) from.delete(key);
  };
  const pick = <Value extends { workspaceId: string; createdMs: number }>(
    from: Map<string, Value>,
    workspaceId: string,
  ) =>
    [...from.values()]
      .filter((record) => record.workspaceId === workspaceId)
      .sort((one, other) => one.createdMs - other.createdMs)
      .map((record) => structuredClone(record));
  return {
    listKernels: async (workspaceId) => pick(kernels, workspaceId),
    putKernel: async (record) => void kernels.set(record.id, structuredClone(record)),
    async deleteKernel(workspaceId, kernelId) {
      dropWhere(kernels, (record) => record.id === kernelId && record.workspaceId === workspaceId);
      dropWhere(sessions, (record) => record.kernelId === kernelId && record.workspaceId === workspaceId);
    },
    listSessions: async (workspaceId) => pick(sessions, workspaceId),
    putSession: async (record) => void sessions.set(record.id, structuredClone(record)),
    async deleteSession(workspaceId, sessionId) {
      dropWhere(sessions, (record) => record.id === sessionId && record.workspaceId === workspaceId);
    },
    getKernelspecs: async (workspaceId) => structuredClone(catalogs.get(workspaceId) ?? null),
    putKernelspecs: async (workspaceId, catalog) => void catalogs.set(workspaceId, structuredClone(catalog)),
    getConfig: async (...key) => structuredClone(configs.get(configKey(...key))?.value ?? null),
    putConfig: async (workspaceId, userId, section, value) =>
      void configs.set(configKey(workspaceId, userId, section), {
        workspaceId,
        value: structuredClone(value),
      }),
    async deleteWorkspace(workspaceId) {
      dropWhere(kernels, (record) => record.workspaceId === workspaceId);
      dropWhere(sessions, (record) => record.workspaceId === workspaceId);
      dropWhere(configs, (record) => record.workspaceId === workspaceId);
      catalogs.delete(workspaceId);
    },
  };
}
