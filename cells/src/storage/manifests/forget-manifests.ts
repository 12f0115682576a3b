/** Which manifests of a volume are kept: its history thins out with age. */
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Manifest, ManifestStore } from './manifest-store.ts';

const { versionsKeepAllMs, versionsKeepHourlyMs, versionsKeepDailyMs } = limits.storage;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/**
 * The versions to forget, of all of a volume's, newest first: within the last hour none, then all but the
 * newest of each hour for a day, all but the newest of each day for a month, and everything older.
 */
export function versionsToForget(manifests: readonly Manifest[], nowMs: number): number[] {
  const taken = new Set<string>();
  return manifests.slice(1).flatMap(({ version, committedAtMs }) => {
    const ageMs = nowMs - committedAtMs;
    if (ageMs <= versionsKeepAllMs) return [];
    if (ageMs > versionsKeepDailyMs) return [version];
    const slot =
      ageMs <= versionsKeepHourlyMs
        ? `hour ${Math.floor(committedAtMs / hourMs)}`
        : `day ${Math.floor(committedAtMs / dayMs)}`;
    if (taken.has(slot)) return [version];
    taken.add(slot);
    return [];
  });
}

/** Forgets those, and gives the roots of what stays. */
export async function forgetManifests(
  manifests: ManifestStore,
  workspaceId: WorkspaceId,
  nowMs: number,
): Promise<string[]> {
  const all = await allManifests(manifests, workspaceId);
  const forgotten = new Set(versionsToForget(all, nowMs));
  await manifests.forget(workspaceId, [...forgotten]);
  return all.filter(({ version }) => !forgotten.has(version)).flatMap(({ root }) => root ?? []);
}

const pageSize = 1_000;

async function allManifests(manifests: ManifestStore, workspaceId: WorkspaceId): Promise<Manifest[]> {
  const all: Manifest[] = [];
  for (;;) {
    const page = await manifests.list(workspaceId, pageSize, all.at(-1)?.version);
    all.push(...page);
    if (page.length < pageSize) return all;
  }
}
