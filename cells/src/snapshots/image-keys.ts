/**
 * The keys of workspaces' images: 256 bits drawn for each workspace, sealed by the cell's master key (secrets/seal.ts)
 * and kept in Postgres. Whoever removes the row has destroyed every image of the workspace, wherever copies lie.
 */
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { type MasterKeys, readMasterKeys } from '../secrets/master-keys.ts';
import { type Sealed, sealBound, unreadable, unsealBound } from '../secrets/seal.ts';
import { type ImageKey, imageKeyBytes, imageKeySchema, imageKeyText, textOf } from './image-key.ts';
import type { ImageKeyStore } from './image-key-store.ts';

export interface ImageKeys {
  /** Null where there is none, or it does not open. */
  find(workspaceId: WorkspaceId): Promise<ImageKey | null>;
  /** Its key, drawn now if it has none. Null where this cell has nothing to seal it with. */
  make(workspaceId: WorkspaceId): Promise<ImageKey | null>;
  /** Idempotent. */
  destroy(workspaceId: WorkspaceId): Promise<void>;
}

export interface ImageKeysDeps {
  store: ImageKeyStore;
  /** Null where none is configured: no image is written then. */
  masterKeys: (() => Promise<MasterKeys>) | null;
  random: Random;
}

export function createImageKeys({ store, masterKeys, random }: ImageKeysDeps): ImageKeys {
  return {
    async find(workspaceId) {
      const sealed = await store.get(workspaceId);
      return sealed && masterKeys && (await open(await masterKeys(), workspaceId, sealed));
    },
    async make(workspaceId) {
      if (masterKeys === null) return null;
      const keys = await masterKeys();
      const kept = await store.get(workspaceId);
      const known = kept && (await open(keys, workspaceId, kept));
      if (known) return known;
      // One that does not open any more seals nothing that could still be read.
      if (kept) await store.remove(workspaceId);
      const text = textOf(imageKeySchema.parse(random.bytes(imageKeyBytes)));
      const sealed = await sealBound(keys, boundTo(workspaceId), text);
      return open(keys, workspaceId, await store.keep({ workspaceId, sealed }));
    },
    destroy: (workspaceId) => store.remove(workspaceId),
  };
}

/** Kept by this process alone, for tests and the simulator. */
export function imageKeysInMemory(random: Random): ImageKeys {
  const keys = new Map<WorkspaceId, ImageKey>();
  return {
    find: async (workspaceId) => keys.get(workspaceId) ?? null,
    async make(workspaceId) {
      const key = keys.get(workspaceId) ?? imageKeySchema.parse(random.bytes(imageKeyBytes));
      keys.set(workspaceId, key);
      return key;
    },
    destroy: async (workspaceId) => void keys.delete(workspaceId),
  };
}

export const masterKeysOf = (file: string | null): (() => Promise<MasterKeys>) | null =>
  file === null ? null : () => readMasterKeys(file);

/** The second half of a rotation of the master key, as for secrets (secrets/reseal.ts). How many were sealed anew. */
export async function resealImageKeys(store: ImageKeyStore, keys: MasterKeys): Promise<number> {
  let count = 0;
  for (;;) {
    const some = await store.wrappedByOthers(keys.wrapping.id, limits.secrets.resealRows);
    if (some.length === 0) return count;
    for (const kept of some) {
      const text = await unsealBound(keys, boundTo(kept.workspaceId), kept.sealed);
      if (text === null) throw unreadable([`the image key of workspace ${kept.workspaceId}`]);
      if (await store.reseal(kept, await sealBound(keys, boundTo(kept.workspaceId), text))) count += 1;
    }
  }
}

async function open(keys: MasterKeys, workspaceId: WorkspaceId, sealed: Sealed): Promise<ImageKey | null> {
  const text = await unsealBound(keys, boundTo(workspaceId), sealed);
  return text === null ? null : imageKeyText.parse(text);
}

const boundTo = (workspaceId: WorkspaceId): string => `cellbook image key 1\n${workspaceId}`;
