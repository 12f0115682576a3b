import type { Clock } from '@cellbook/shared/clock.ts';
import type { OrgId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Environment, EnvironmentStore, Owner } from './environment-store.ts';
import { captureOver, nothingBefore, notOwned } from './refusals.ts';
import { layersOf, previousOf, swapped, totalsOf } from './swap.ts';

export interface MemoryEnvironmentParts {
  clock: Clock;
  orgOf(workspaceId: WorkspaceId): OrgId | null;
  /** Whose the files are: what the row of the volume says. */
  ownerOf(workspaceId: WorkspaceId): Promise<{ epoch: number; attachedHost: string | null } | null>;
}

interface OrgStore {
  sweeps: number;
  sweepingUntilMs: number;
  dueAtMs: number | null;
}

/** For tests: the same contract, gone with the process. */
export function createMemoryEnvironmentStore({
  clock,
  orgOf,
  ownerOf,
}: MemoryEnvironmentParts): EnvironmentStore {
  const rows = new Map<WorkspaceId, Environment>();
  const stores = new Map<OrgId, OrgStore>();
  const captures = new Map<string, { orgId: OrgId; expiresAtMs: number }>();
  const storeOf = (orgId: OrgId): OrgStore => {
    const store = stores.get(orgId) ?? { sweeps: 0, sweepingUntilMs: 0, dueAtMs: null };
    stores.set(orgId, store);
    return store;
  };
  const isSwept = ({ sweepingUntilMs }: OrgStore) => sweepingUntilMs > clock.nowMs();
  const setDue = (orgId: OrgId) => {
    const atMs = clock.nowMs() + limits.environments.sweepAfterMs;
    storeOf(orgId).dueAtMs = Math.min(storeOf(orgId).dueAtMs ?? atMs, atMs);
  };
  const layersOfOrg = (orgId: OrgId) =>
    [...rows.values()].filter((row) => row.orgId === orgId).flatMap(layersOf);
  const assertOwner = async (workspaceId: WorkspaceId, by: Owner) => {
    const owner = await ownerOf(workspaceId);
    if (by === 'stored' ? owner?.attachedHost !== null : owner?.epoch !== by.epoch)
      throw notOwned(workspaceId);
  };
  return {
    read: async (workspaceId) => structuredClone(rows.get(workspaceId) ?? null),
    orgOf: async (workspaceId) => orgOf(workspaceId),
    async beginCapture(orgId, captureId, leaseMs) {
      const store = storeOf(orgId);
      if (isSwept(store)) return null;
      captures.set(captureId, { orgId, expiresAtMs: clock.nowMs() + leaseMs });
      return { sweeps: store.sweeps };
    },
    async commit({ workspaceId, orgId, epoch, captureId, layer }) {
      const held = captures.get(captureId);
      if (!held || held.expiresAtMs <= clock.nowMs()) throw captureOver(workspaceId);
      await assertOwner(workspaceId, { epoch });
      captures.delete(captureId);
      const found = rows.get(workspaceId) ?? null;
      const previous = previousOf(found, layer);
      rows.set(workspaceId, { workspaceId, orgId, state: 'ready', problem: null, layer, previous });
      if (found?.previous && found.previous.root !== previous?.root) setDue(orgId);
    },
    async endCapture(captureId) {
      captures.delete(captureId);
    },
    async reset(workspaceId, by, to) {
      await assertOwner(workspaceId, by);
      const found = rows.get(workspaceId);
      if (!found && to === 'empty') return null;
      const after = found ? swapped(found, to, clock.nowMs()) : null;
      if (!after) throw nothingBefore(workspaceId);
      rows.set(workspaceId, after);
      setDue(after.orgId);
      return structuredClone(after);
    },
    async setState(workspaceId, state, problem) {
      const row = rows.get(workspaceId);
      if (row) rows.set(workspaceId, { ...row, state, problem });
    },
    async destroy(workspaceId) {
      const row = rows.get(workspaceId);
      if (row) setDue(row.orgId);
      rows.delete(workspaceId);
    },
    async due(max) {
      const isDue = ({ dueAtMs }: OrgStore) => dueAtMs !== null && dueAtMs <= clock.nowMs();
      return [...stores]
        .filter(([, store]) => isDue(store) && !isSwept(store))
        .map(([id]) => id)
        .slice(0, max);
    },
    totals: async () => totalsOf([...rows.values()]),
    layers: async (orgId) => layersOfOrg(orgId),
    async beginSweep(orgId, leaseMs) {
      const store = storeOf(orgId);
      const busy = [...captures.values()].some(
        (capture) => capture.orgId === orgId && capture.expiresAtMs > clock.nowMs(),
      );
      if (isSwept(store) || busy) return null;
      store.sweeps++;
      store.sweepingUntilMs = clock.nowMs() + leaseMs;
      return { sweeps: store.sweeps, layers: layersOfOrg(orgId) };
    },
    async renewSweep(orgId, sweeps, leaseMs) {
      const store = storeOf(orgId);
      if (store.sweeps !== sweeps || !isSwept(store)) return false;
      store.sweepingUntilMs = clock.nowMs() + leaseMs;
      return true;
    },
    async endSweep(orgId, sweeps) {
      const store = storeOf(orgId);
      if (store.sweeps === sweeps) store.sweepingUntilMs = 0;
    },
    async swept(orgId) {
      storeOf(orgId).dueAtMs = null;
    },
  };
}
