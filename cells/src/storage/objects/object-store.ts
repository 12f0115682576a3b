/**
 * Immutable objects by key: a directory locally, S3 in production. Objects never change once written, so
 * no compare-and-swap is asked of the store; what points at them is a row in Postgres (manifest-store.ts).
 */
export interface ObjectStore {
  /** Resolves when the object would survive a crash of this machine (fsync, or S3's acknowledgement). */
  put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** The object, or null when there is none. */
  get(key: string, signal?: AbortSignal): Promise<Buffer | null>;
  has(key: string, signal?: AbortSignal): Promise<boolean>;
  delete(key: string, signal?: AbortSignal): Promise<void>;
  /** Keys under a prefix, in order. */
  list(prefix: string, signal?: AbortSignal): AsyncIterable<string>;
}
