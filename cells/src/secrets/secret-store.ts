/** Where sealed secrets are kept. Nothing here can open one. */
import type { OrgId, UserId } from '@cellbook/shared/ids.ts';
import type { Sealed, SecretOwner, SecretPlace } from './seal.ts';

export interface SecretNote {
  name: string;
  updatedAtMs: number;
}

export interface SealedSecret extends SecretPlace {
  sealed: Sealed;
}

export interface NewSecret extends SealedSecret {
  valueBytes: number;
  nowMs: number;
}

/** `too_many`, `too_large`: with it the owner would be over a limit; nothing is written then. */
export type PutOutcome = 'saved' | 'too_many' | 'too_large';

/** What another cell has brought, sealed by this one's key. */
export type BroughtSecret = Omit<NewSecret, 'nowMs'> & { updatedAtMs: number };

export interface SecretStore {
  /** Whether all of the organisation's secrets are here. */
  isComplete(org: OrgId): Promise<boolean>;
  /** They are now, with these; one that was set or removed here meanwhile stays as it is. */
  complete(org: OrgId, brought: readonly BroughtSecret[], nowMs: number): Promise<void>;
  /** Sorted by name. */
  list(owner: SecretOwner): Promise<SecretNote[]>;
  sealedOf(owner: SecretOwner): Promise<SealedSecret[]>;
  put(secret: NewSecret): Promise<PutOutcome>;
  /** False when there was none. Of an organisation that is not complete it is remembered. */
  remove(place: SecretPlace): Promise<boolean>;
  /** All of a user's own; how many there were. */
  removeAllOf(user: UserId): Promise<number>;
  /** Some that another key than this one wraps. */
  wrappedByOthers(keyId: string, limit: number): Promise<SealedSecret[]>;
  /** Replaces what is sealed where it is still the same; false when it was written meanwhile. */
  reseal(before: SealedSecret, after: Sealed): Promise<boolean>;
}
