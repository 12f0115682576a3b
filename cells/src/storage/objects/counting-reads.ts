import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { ObjectStore } from './object-store.ts';

/** Counts what comes out of the object store to this process, by what it is of. */
export function countingReads(
  store: ObjectStore,
  metrics: Metrics | undefined,
  what: 'files' | 'packages' | 'memory',
): ObjectStore {
  if (!metrics) return store;
  const bytes = metrics.counter(
    'cellbook_cell_storage_fetched_bytes_total',
    'Bytes that came from the object store: of files, installed packages and images of memory.',
    ['what'],
  );
  return {
    ...store,
    async get(key, signal) {
      const object = await store.get(key, signal);
      if (object) bytes.inc({ what }, object.length);
      return object;
    },
  };
}
