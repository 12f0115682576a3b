/**
 * Failpoints below the steps, where a step leaves the process: `<seam>.<method>.before` and `.after`. Each
 * function gives back what it was given where there are no failpoints, so that production runs the bare thing.
 */
import type { Failpoint } from '@cellbook/shared/failpoint.ts';
import type { HostedSandbox, SandboxDriver } from '../../sandbox/driver.ts';
import type { ManifestStore } from '../../storage/manifests/manifest-store.ts';
import type { ObjectStore } from '../../storage/objects/object-store.ts';

export const seams = {
  driver: ['start', 'destroy'],
  manifests: ['claim', 'release', 'commit', 'destroy'],
  objects: ['put', 'delete'],
} as const;

export function withDriverFailpoints<Hosted extends HostedSandbox>(
  driver: SandboxDriver<Hosted>,
  failpoint: Failpoint | undefined,
): SandboxDriver<Hosted> {
  if (!failpoint) return driver;
  const around = surround(failpoint);
  const workspaceOf = async (sandboxId: string) =>
    (await driver.list()).find((sandbox) => sandbox.sandboxId === sandboxId)?.workspaceId ?? sandboxId;
  return {
    kind: driver.kind,
    version: driver.version,
    list: () => driver.list(),
    relabel: (sandboxId, epoch) => driver.relabel(sandboxId, epoch),
    start: (spec, signal) => around('driver.start', spec.workspaceId, () => driver.start(spec, signal)),
    destroy: async (sandboxId) =>
      around('driver.destroy', await workspaceOf(sandboxId), () => driver.destroy(sandboxId)),
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
    const result = await work();
    await failpoint(`${point}.after`, subject);
    return result;
  };

const volumeIdOfKey = (key: string): string => /vol-\w+/.exec(key)?.[0] ?? key;
