import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { ObjectStore } from './object-store.ts';

/** Counts what of volumes comes out of the object store to this process. */
export function countingReads(store: ObjectStore, metrics: Metrics | undefined): ObjectStore {
  if (!metrics) return store;
  const bytes = metrics.counter(
    'cellbook_cell_storage_fetched_bytes_total',
    'Bytes of volumes that came from the object store',
  );
  return {
    ...store,
    async get(key, signal) {
      const object = await store.get(key, signal);
      if (object) bytes.inc(object.length);
      return object;
    },
  };
}
