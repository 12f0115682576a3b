import { refuseOlderEpoch } from '@cellbook/shared/epoch.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Manifest, ManifestStore, VolumeRow } from './manifest-store.ts';
import { noSuchVolume, refuseCommit } from './refusals.ts';

/** For the simulator and for tests: the same contract, gone with the process. */
export function createMemoryManifestStore(): ManifestStore {
  const rows = new Map<WorkspaceId, VolumeRow>();
  const manifests = new Map<WorkspaceId, Manifest[]>();
  const dueAtMs = new Map<WorkspaceId, number>();
  const owned = (workspaceId: WorkspaceId, epoch: number, doing: string): VolumeRow => {
    const row = rows.get(workspaceId);
    if (!row) throw noSuchVolume(workspaceId, doing);
    refuseOlderEpoch(epoch, row.epoch, 'the files', { workspaceId });
    return row;
  };
  return {
    async create(workspaceId, volumeId) {
      const fresh = { workspaceId, volumeId, version: 0, epoch: 0, root: null };
      const unswept = { attachedHost: null, sweptVersion: 0, sweeps: 0, doubtfulUntilMs: null };
      const row = rows.get(workspaceId) ?? { ...fresh, ...unswept };
      rows.set(workspaceId, row);
      return { ...row };
    },
    async read(workspaceId) {
      const row = rows.get(workspaceId);
      return row ? { ...row } : null;
    },
    async claim(workspaceId, epoch, host) {
      const row = owned(workspaceId, epoch, 'claiming a volume');
      Object.assign(row, { epoch, attachedHost: host });
      return { ...row };
    },
    async release(workspaceId, epoch) {
      Object.assign(owned(workspaceId, epoch, 'releasing a volume'), { epoch, attachedHost: null });
    },
    async commit(commit) {
      const row = rows.get(commit.workspaceId) ?? null;
      refuseCommit(row, commit);
      const { epoch, root, reason, committedAtMs } = commit;
      Object.assign(row, { root, version: row.version + 1 });
      const kept = manifests.get(commit.workspaceId) ?? [];
      kept.unshift({ version: row.version, epoch, root, reason, committedAtMs });
      manifests.set(commit.workspaceId, kept);
      const { workspaceId } = commit;
      const soonMs = committedAtMs + limits.storage.tidyAfterMs;
      dueAtMs.set(workspaceId, Math.min(soonMs, dueAtMs.get(workspaceId) ?? soonMs));
      return row.version;
    },
    async list(workspaceId, limit, before = Number.POSITIVE_INFINITY) {
      const kept = manifests.get(workspaceId) ?? [];
      return kept.filter((manifest) => manifest.version < before).slice(0, limit);
    },
    async forget(workspaceId, versions) {
      const current = rows.get(workspaceId)?.version;
      const gone = new Set(versions.filter((version) => version !== current));
      const kept = manifests.get(workspaceId) ?? [];
      manifests.set(
        workspaceId,
        kept.filter((manifest) => !gone.has(manifest.version)),
      );
    },
    async beginSweep(workspaceId, epoch, doubtfulUntilMs) {
      const row = owned(workspaceId, epoch, 'sweeping a volume');
      row.doubtfulUntilMs = doubtfulUntilMs;
      return ++row.sweeps;
    },
    async markSwept(workspaceId, { version, sweeps, dueAtMs: nextMs }) {
      const row = rows.get(workspaceId);
      if (row) row.sweptVersion = version;
      if (row?.sweeps === sweeps) row.doubtfulUntilMs = null;
      if (nextMs === null) dueAtMs.delete(workspaceId);
      else dueAtMs.set(workspaceId, nextMs);
    },
    async claimTidy({ nowMs, leaseMs, max }) {
      const isDue = ([id, atMs]: [WorkspaceId, number]) => atMs <= nowMs && !rows.get(id)?.attachedHost;
      const due = [...dueAtMs].filter(isDue).sort(([, one], [, other]) => one - other);
      const claimed = due.slice(0, max).map(([workspaceId]) => workspaceId);
      for (const workspaceId of claimed) dueAtMs.set(workspaceId, nowMs + leaseMs);
      return claimed;
    },
    tierOf: async () => 'free',
    async destroy(workspaceId) {
      const row = rows.get(workspaceId);
      rows.delete(workspaceId);
      manifests.delete(workspaceId);
      dueAtMs.delete(workspaceId);
      return row?.volumeId ?? null;
    },
  };
}
