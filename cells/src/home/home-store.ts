/** What a cell keeps of where users live. Both implementations pass the suite in home-store.conformance.test.ts. */
import type { UserId } from '@cellbook/shared/ids.ts';
import type { PinnedUser } from '@cellbook/shared/pins/pins.ts';

export interface KeptPins {
  epoch: number;
  jws: string;
}

export interface HomeStore {
  current(): Promise<KeptPins | null>;
  /** Notes that this user lives here. Twice is harmless; a later region replaces an earlier one. */
  settle(user: PinnedUser, nowMs: number): Promise<void>;
  residents(): Promise<PinnedUser[]>;
  /** Drops whoever has left, after what he had here was taken elsewhere. */
  forget(userId: UserId): Promise<void>;
  /**
   * Keeps `next` where `accept`, given the pins there are and everybody who lives here, does not throw. Nobody
   * settles and no other document is kept meanwhile.
   */
  replace(next: KeptPins, accept: (current: KeptPins | null, residents: PinnedUser[]) => void): Promise<void>;
}
