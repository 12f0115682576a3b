/**
 * Failpoints below the steps, where a call leaves the process: `<seam>.<method>.before`, `.during` (it has been
 * made, and nothing has been heard of it) and `.after`. Each function gives back what it was given where there
 * are no failpoints, so that production runs the bare thing.
 */

import type { Failpoint } from '@cellbook/shared/failpoint.ts';
import type { IdempotencyStore } from '../../api/idempotency/idempotency-store.ts';
import type { RestStore } from '../../ladder/rest-store.ts';
import type { HostedSandbox, SandboxDriver, SandboxSnapshots } from '../../sandbox/driver.ts';
import type { ManifestStore } from '../../storage/manifests/manifest-store.ts';
import { volumeIdOfKey } from '../../storage/objects/object-key.ts';
import type { ObjectStore } from '../../storage/objects/object-store.ts';
import type { WorkspaceStore } from '../stores/workspace-store.ts';

export const seams = {
  driver: ['start', 'destroy', 'freeze', 'thaw', 'checkpoint', 'restore'],
  rests: ['put', 'remove'],
  manifests: ['claim', 'release', 'commit', 'destroy'],
  objects: ['put', 'delete'],
  workspaces: ['create'],
  idempotency: ['answer'],
} as const;

/** Their subject is the owner: a workspace that is being created has no name that anybody knows. */
export function withWorkspaceFailpoints<Store extends Pick<WorkspaceStore, 'create'>>(
  store: Store,
  failpoint: Failpoint | undefined,
): Store {
  if (!failpoint) return store;
  const around = surround(failpoint);
  const create: WorkspaceStore['create'] = (workspace, allowed) =>
    around('workspaces.create', workspace.ownerId, () => store.create(workspace, allowed));
  return new Proxy(store, {
    get(target, property) {
      if (property === 'create') return create;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** Their subject is the user who asked. */
export function withIdempotencyFailpoints(
  store: IdempotencyStore,
  failpoint: Failpoint | undefined,
): IdempotencyStore {
  if (!failpoint) return store;
  const around = surround(failpoint);
  return {
    claim: (scope, claim) => store.claim(scope, claim),
    release: (scope, claimId, nowMs) => store.release(scope, claimId, nowMs),
    removeExpired: (nowMs) => store.removeExpired(nowMs),
    answer: (scope, claimId, answer) =>
      around('idempotency.answer', scope.userId, () => store.answer(scope, claimId, answer)),
  };
}

export function withDriverFailpoints<Hosted extends HostedSandbox>(
  driver: SandboxDriver<Hosted>,
  failpoint: Failpoint | undefined,
): SandboxDriver<Hosted> {
  if (!failpoint) return driver;
  const around = surround(failpoint);
  const workspaceOf = async (sandboxId: string) =>
    (await driver.list()).find((sandbox) => sandbox.sandboxId === sandboxId)?.workspaceId ?? sandboxId;
  const { snapshots } = driver;
  const named = async <T>(point: string, sandboxId: string, work: () => Promise<T>) =>
    around(point, await workspaceOf(sandboxId), work);
  const surrounded: SandboxSnapshots<Hosted> | null = snapshots
    ? {
        fingerprint: snapshots.fingerprint,
        freeze: (id, signal) => named('driver.freeze', id, () => snapshots.freeze(id, signal)),
        thaw: (id, signal) => named('driver.thaw', id, () => snapshots.thaw(id, signal)),
        checkpoint: (id, directory, signal) =>
          named('driver.checkpoint', id, () => snapshots.checkpoint(id, directory, signal)),
        restore: (spec, directory, signal) =>
          around('driver.restore', spec.workspaceId, () => snapshots.restore(spec, directory, signal)),
      }
    : null;
  return {
    kind: driver.kind,
    version: driver.version,
    snapshots: surrounded,
    pool: driver.pool ?? null,
    ahead: driver.ahead ?? null,
    list: () => driver.list(),
    relabel: (sandboxId, epoch) => driver.relabel(sandboxId, epoch),
    start: (spec, signal) => around('driver.start', spec.workspaceId, () => driver.start(spec, signal)),
    destroy: (sandboxId, as) => named('driver.destroy', sandboxId, () => driver.destroy(sandboxId, as)),
  };
}

export function withRestFailpoints(store: RestStore, failpoint: Failpoint | undefined): RestStore {
  if (!failpoint) return store;
  const around = surround(failpoint);
  return {
    ...store,
    put: (rest) => around('rests.put', rest.workspaceId, () => store.put(rest)),
    remove: (workspaceId, epoch) =>
      around('rests.remove', workspaceId, () => store.remove(workspaceId, epoch)),
  };
}

export function withManifestFailpoints(
  manifests: ManifestStore,
  failpoint: Failpoint | undefined,
): ManifestStore {
  if (!failpoint) return manifests;
  const around = surround(failpoint);
  return {
    ...manifests,
    claim: (workspaceId, epoch, host) =>
      around('manifests.claim', workspaceId, () => manifests.claim(workspaceId, epoch, host)),
    release: (workspaceId, epoch) =>
      around('manifests.release', workspaceId, () => manifests.release(workspaceId, epoch)),
    commit: (commit) => around('manifests.commit', commit.workspaceId, () => manifests.commit(commit)),
    destroy: (workspaceId) => around('manifests.destroy', workspaceId, () => manifests.destroy(workspaceId)),
  };
}

/** Their subject is the volume that an object lies under. */
export function withObjectFailpoints(objects: ObjectStore, failpoint: Failpoint | undefined): ObjectStore {
  if (!failpoint) return objects;
  const around = surround(failpoint);
  return {
    get: (key, signal) => objects.get(key, signal),
    has: (key, signal) => objects.has(key, signal),
    list: (prefix, signal) => objects.list(prefix, signal),
    put: (key, bytes, signal) =>
      around('objects.put', volumeIdOfKey(key), () => objects.put(key, bytes, signal)),
    delete: (key, signal) => around('objects.delete', volumeIdOfKey(key), () => objects.delete(key, signal)),
  };
}

const surround =
  (failpoint: Failpoint) =>
  async <T>(point: string, subject: string, work: () => Promise<T>): Promise<T> => {
    await failpoint(`${point}.before`, subject);
    const underWay = work();
    // Heard below, if this process lives to hear it.
    underWay.catch(() => {});
    await failpoint(`${point}.during`, subject);
    const result = await underWay;
    await failpoint(`${point}.after`, subject);
    return result;
  };
