import { checkObjectKey } from './object-key.ts';
import type { ObjectStore } from './object-store.ts';

/** For the simulator and for tests: the same contract, gone with the process. */
export function createMemoryObjectStore(): ObjectStore {
  const objects = new Map<string, Buffer>();
  return {
    async put(key, bytes, signal) {
      signal?.throwIfAborted();
      objects.set(checkObjectKey(key), Buffer.from(bytes));
    },
    async get(key, signal) {
      signal?.throwIfAborted();
      const found = objects.get(checkObjectKey(key));
      return found ? Buffer.from(found) : null;
    },
    async has(key, signal) {
      signal?.throwIfAborted();
      return objects.has(checkObjectKey(key));
    },
    async delete(key, signal) {
      signal?.throwIfAborted();
      objects.delete(checkObjectKey(key));
    },
    async *list(prefix, signal) {
      for (const key of [...objects.keys()].filter((name) => name.startsWith(prefix)).sort()) {
        signal?.throwIfAborted();
        yield key;
      }
    },
  };
}
