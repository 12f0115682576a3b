/**
 * The end of a mount where answers are written. Its number is somebody else's soon after it was closed (another file,
 * another socket), so nobody keeps it: it is asked for when something is said, or lent to a thread.
 *
 *     open ──close──▶ closing: nothing is said, nothing is lent ──what was lent is over──▶ closed
 */
import type { FileHandle } from 'node:fs/promises';

export interface FuseDevice {
  /** As long as nobody has closed it; otherwise -1. */
  readonly fd: number;
  /** It is not closed before `work` is over. Throws where it is closed already. */
  lend<T>(work: (fd: number) => Promise<T>): Promise<T>;
}

export class OpenDevice implements FuseDevice {
  readonly #handle: FileHandle;
  readonly #lent = new Set<Promise<void>>();
  #closing: Promise<void> | null = null;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  get fd(): number {
    return this.#closing === null ? this.#handle.fd : -1;
  }

  async lend<T>(work: (fd: number) => Promise<T>): Promise<T> {
    if (this.#closing !== null) throw new Error('the file system of pages is closed');
    const lent = Promise.withResolvers<void>();
    this.#lent.add(lent.promise);
    try {
      return await work(this.#handle.fd);
    } finally {
      this.#lent.delete(lent.promise);
      lent.resolve();
    }
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= Promise.all(this.#lent).then(() => this.#handle.close());
    return this.#closing;
  }
}
