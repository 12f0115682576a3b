import type { EgressLog, EgressRecord } from './egress-log.ts';

export function createMemoryEgressLog(): EgressLog {
  let records: EgressRecord[] = [];
  return {
    async append(added) {
      const known = new Set(records.map(({ recordId }) => recordId));
      for (const record of added) if (!known.has(record.recordId)) records.push({ ...record });
    },
    async usedSince(workspaceId, sinceMs) {
      const used = { bytesUp: 0, bytesDown: 0 };
      for (const record of records) {
        if (record.workspaceId !== workspaceId || record.startedAtMs < sinceMs) continue;
        used.bytesUp += record.bytesUp;
        used.bytesDown += record.bytesDown;
      }
      return used;
    },
    async list(workspaceId, count) {
      const own = records.filter((record) => record.workspaceId === workspaceId);
      return own.toSorted((a, b) => b.startedAtMs - a.startedAtMs).slice(0, count);
    },
    async prune(beforeMs, count) {
      const old = new Set(records.filter(({ startedAtMs }) => startedAtMs < beforeMs).slice(0, count));
      records = records.filter((record) => !old.has(record));
      return old.size;
    },
  };
}
