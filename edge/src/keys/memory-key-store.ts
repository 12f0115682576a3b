/** Keys in memory: for tests and simulation. */
import { limits } from '@cellbook/shared/limits.ts';
import {
  type KeyRow,
  type KeyStore,
  type KeysOf,
  keyRowSchema,
  type NewKey,
  tooManyKeys,
} from './key-store.ts';

type Kept = NewKey & { lastUsedAtMs: number | null; isRevoked: boolean };

export function createMemoryKeyStore(deps: {
  /** As the directory does it for a session. */
  revoke(id: string, untilMs: number): Promise<void>;
}): KeyStore {
  const keys: Kept[] = [];
  const isOf = (key: Kept, of: KeysOf) =>
    (!('userId' in of) || key.userId === of.userId) && (of.orgId === undefined || key.orgId === of.orgId);
  const live = (of: KeysOf, nowMs: number) =>
    keys.filter((key) => isOf(key, of) && !key.isRevoked && key.expiresAtMs > nowMs);

  return {
    async create(key, nowMs) {
      const { id, userId } = key;
      const known = keys.find((other) => other.id === id && other.userId === userId);
      if (known) return rowOf(known);
      const kept = keys.filter((other) => other.userId === userId && other.expiresAtMs > nowMs);
      if (live({ userId }, nowMs).length >= limits.edge.tokensPerUserMax) throw tooManyKeys(userId);
      if (kept.length >= limits.edge.tokensKeptPerUserMax) throw tooManyKeys(userId);
      const made: Kept = { ...key, lastUsedAtMs: null, isRevoked: false };
      keys.unshift(made);
      return rowOf(made);
    },
    async list(of, nowMs) {
      return live(of, nowMs).slice(0, limits.edge.keysListedMax).map(rowOf);
    },
    async revoke(of, id, nowMs) {
      const key = live(of, nowMs).find((other) => other.id === id);
      if (!key) return false;
      key.isRevoked = true;
      await deps.revoke(id, key.expiresAtMs);
      return true;
    },
    async used(id, atMs) {
      const key = keys.find((other) => other.id === id);
      if (key) key.lastUsedAtMs = Math.max(key.lastUsedAtMs ?? 0, atMs);
    },
  };
}

const rowOf = (key: Kept): KeyRow => keyRowSchema.parse(key);
