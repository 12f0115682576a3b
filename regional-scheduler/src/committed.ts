/** Tells whoever follows what was committed. A hint: who misses one reads the log. */
import type { Logger } from '@cellbook/shared/log.ts';
import type { StoredEntry } from './log/event-log.ts';

type Listener = (committed: readonly StoredEntry[]) => void;

export class Committed {
  readonly #log: Logger;
  readonly #listeners = new Set<Listener>();

  constructor(log: Logger) {
    this.#log = log;
  }

  tell(entries: readonly StoredEntry[]): void {
    for (const listener of this.#listeners) {
      try {
        listener(entries);
      } catch (error) {
        this.#log.error({ err: error }, 'a reader of the log failed');
      }
    }
  }

  follow(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
