import type { PinnedUser } from '@cellbook/shared/pins/pins.ts';
import type { HomeStore, KeptPins } from './home-store.ts';

/** For tests and simulation. */
export function createMemoryHomeStore(): HomeStore {
  const residents = new Map<string, PinnedUser>();
  let kept: KeptPins | null = null;
  return {
    current: async () => kept,
    async settle(user) {
      residents.set(user.userId, { ...user });
    },
    residents: async () => [...residents.values()],
    async forget(userId) {
      residents.delete(userId);
    },
    async replace(next, accept) {
      accept(kept, [...residents.values()]);
      kept = next;
    },
  };
}
