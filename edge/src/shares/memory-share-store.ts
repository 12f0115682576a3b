import type { KeptShares, ShareStore } from './share-store.ts';

/** For tests. */
export function createMemoryShareStore(): ShareStore {
  const kept = new Map<string, KeptShares>();
  const of = (org: string): KeptShares => kept.get(org) ?? { version: 0, shares: {} };
  return {
    read: async (org) => structuredClone(of(org)),
    async replace(org, version, shares) {
      if (of(org).version !== version) return false;
      kept.set(org, { version: version + 1, shares: structuredClone(shares) });
      return true;
    },
  };
}
