/** The secret store in memory, for tests. */
import { limits } from '@cellbook/shared/limits.ts';
import type { SecretPlace } from './seal.ts';
import type { NewSecret, SecretStore } from './secret-store.ts';

export function createMemorySecretStore(): SecretStore {
  const kept = new Map<string, NewSecret>();
  const keyOf = ({ owner, name }: SecretPlace) => `${owner} ${name}`;
  const of = (owner: string) =>
    [...kept.values()]
      .filter((secret) => secret.owner === owner)
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  return {
    list: async (owner) => of(owner).map(({ name, nowMs }) => ({ name, updatedAtMs: nowMs })),
    sealedOf: async (owner) => of(owner),
    async put(secret) {
      const others = of(secret.owner).filter(({ name }) => name !== secret.name);
      if (others.length >= limits.secrets.perOwnerMax) return 'too_many';
      const bytes = others.reduce((sum, { valueBytes }) => sum + valueBytes, secret.valueBytes);
      if (bytes > limits.secrets.totalBytesPerOwnerMax) return 'too_large';
      kept.set(keyOf(secret), secret);
      return 'saved';
    },
    remove: async (place) => kept.delete(keyOf(place)),
    wrappedByOthers: async (keyId, limit) =>
      [...kept.values()].filter(({ sealed }) => sealed.keyId !== keyId).slice(0, limit),
    async reseal(before, after) {
      const now = kept.get(keyOf(before));
      if (now?.sealed.text !== before.sealed.text) return false;
      kept.set(keyOf(before), { ...now, sealed: after });
      return true;
    },
  };
}
