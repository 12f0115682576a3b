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
  const completed = new Set<string>();
  const removed = new Set<string>();
  return {
    isComplete: async (org) => completed.has(org),
    async complete(org, brought) {
      if (completed.has(org)) return;
      for (const { updatedAtMs, ...secret } of brought)
        if (!kept.has(keyOf(secret)) && !removed.has(keyOf(secret)))
          kept.set(keyOf(secret), { ...secret, nowMs: updatedAtMs });
      completed.add(org);
    },
    list: async (owner) => of(owner).map(({ name, nowMs }) => ({ name, updatedAtMs: nowMs })),
    sealedOf: async (owner) => of(owner),
    async put(secret) {
      const others = of(secret.owner).filter(({ name }) => name !== secret.name);
      if (others.length >= limits.secrets.perOwnerMax) return 'too_many';
      const bytes = others.reduce((sum, { valueBytes }) => sum + valueBytes, secret.valueBytes);
      if (bytes > limits.secrets.totalBytesPerOwnerMax) return 'too_large';
      kept.set(keyOf(secret), secret);
      removed.delete(keyOf(secret));
      return 'saved';
    },
    async remove(place) {
      if (!completed.has(place.owner)) removed.add(keyOf(place));
      return kept.delete(keyOf(place));
    },
    async removeAllOf(user) {
      const theirs = of(user);
      for (const secret of theirs) kept.delete(keyOf(secret));
      return theirs.length;
    },
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
