/**
 * An organisation's layers: trees like those of volumes, in a namespace that its workspaces share and no other
 * organisation's reach. What is there already is not stored again. Whoever reads is told what is missing or damaged
 * apart from a store that does not answer: the former is made anew from a lockfile, the latter is waited for.
 */
import type { OrgId } from '@cellbook/shared/ids.ts';
import type { ObjectStore } from '../storage/objects/object-store.ts';
import type { DirectoryCache } from '../storage/tree/directory-cache.ts';
import type { Semaphore } from '../storage/tree/semaphore.ts';
import { createObjectsUnder, sha256Of, type VolumeObjects } from '../storage/tree/volume-objects.ts';

export interface OrgObjectTools {
  store: ObjectStore;
  cache: DirectoryCache;
  inFlight: Semaphore;
}

export const layersPrefix = (orgId: OrgId) => `environments/${orgId}/`;

/** `sweeps`: what a cache knew before the last of them does not count. `anew`: nothing that is there is trusted. */
export function createOrgObjects(
  orgId: OrgId,
  tools: OrgObjectTools,
  { sweeps, anew = false }: { sweeps: number; anew?: boolean },
): VolumeObjects {
  const prefix = layersPrefix(orgId);
  const objects = createObjectsUnder(prefix, { ...tools, store: storedOnce(tools.store, anew) }, sweeps);
  if (anew) objects.forgetCached();
  return objects;
}

/** What was stored is not there, or is not what its name says. */
export class DamagedLayer extends Error {
  readonly key: string;

  constructor(key: string) {
    super(`${key} is missing or damaged`);
    this.key = key;
  }
}

function storedOnce(store: ObjectStore, anew: boolean): ObjectStore {
  return {
    ...store,
    async put(key, bytes, signal) {
      if (anew || !(await store.has(key, signal))) await store.put(key, bytes, signal);
    },
    async get(key, signal) {
      const bytes = await store.get(key, signal);
      if (bytes === null || sha256Of(bytes) !== key.slice(key.lastIndexOf('/') + 1))
        throw new DamagedLayer(key);
      return bytes;
    },
  };
}
