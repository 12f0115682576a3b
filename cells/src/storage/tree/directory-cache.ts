import type { Entries } from './entry.ts';

/** Parsed directories by hash, least recently used out first, bounded by the bytes of their objects. */
export class DirectoryCache {
  readonly #bytesMax: number;
  readonly #kept = new Map<string, { entries: Entries; bytes: number }>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get(key: string): Entries | null {
    const found = this.#kept.get(key);
    if (!found) return null;
    this.#kept.delete(key);
    this.#kept.set(key, found);
    return found.entries;
  }

  /** Drops every directory whose key begins so. */
  forget(prefix: string): void {
    for (const [key, { bytes }] of this.#kept) {
      if (!key.startsWith(prefix)) continue;
      this.#kept.delete(key);
      this.#bytes -= bytes;
    }
  }

  set(key: string, entries: Entries, bytes: number): void {
    if (this.#kept.has(key) || bytes > this.#bytesMax) return;
    this.#kept.set(key, { entries, bytes });
    this.#bytes += bytes;
    for (const [oldest, { bytes: freed }] of this.#kept) {
      if (this.#bytes <= this.#bytesMax) break;
      this.#kept.delete(oldest);
      this.#bytes -= freed;
    }
  }
}
