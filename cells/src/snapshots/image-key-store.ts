/** Where sealed image keys are kept. A Postgres and a memory implementation pass one suite (image-key-store.test.ts). */
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { Sealed } from '../secrets/seal.ts';

export interface SealedImageKey {
  workspaceId: WorkspaceId;
  sealed: Sealed;
}

export interface ImageKeyStore {
  get(workspaceId: WorkspaceId): Promise<Sealed | null>;
  /** Keeps it where there is none yet; gives the one that is kept. */
  keep(key: SealedImageKey): Promise<Sealed>;
  /** Idempotent. */
  remove(workspaceId: WorkspaceId): Promise<void>;
  /** Something of its images is about to be sent to the object store. False where there is no key. */
  beginRemote(workspaceId: WorkspaceId, nowMs: number): Promise<boolean>;
  /** Workspaces of which something may be there since before that moment, the longest first. */
  listRemote(beforeMs: number, limit: number): Promise<{ workspaceId: WorkspaceId; sinceMs: number }[]>;
  /** Nothing of it is to be there any more. False where more was begun to be sent since. */
  endRemote(workspaceId: WorkspaceId, sinceMs: number): Promise<boolean>;
  /** Some that another master key than this one wraps. */
  wrappedByOthers(keyId: string, limit: number): Promise<SealedImageKey[]>;
  /** Replaces it where it is still the same; false when it went or changed meanwhile. */
  reseal(before: SealedImageKey, after: Sealed): Promise<boolean>;
}
