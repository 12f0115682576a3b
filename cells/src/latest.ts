/**
 * Work that reads the newest state and passes it on, one at a time per key. Who asks while one waits to begin
 * shares it, since it has read nothing yet: at most one runs and one waits, however often it is asked for, and
 * what is passed on last was read last.
 */
export class Latest<Key extends string, Result = void> {
  readonly #running = new Map<Key, Promise<Result>>();
  readonly #waiting = new Map<Key, Promise<Result>>();

  run(key: Key, work: () => Promise<Result>): Promise<Result> {
    const waiting = this.#waiting.get(key);
    if (waiting) return waiting;
    const before = this.#running.get(key) ?? Promise.resolve(null);
    const next: Promise<Result> = before.then(ignore, ignore).then(async () => {
      this.#waiting.delete(key);
      this.#running.set(key, next);
      try {
        return await work();
      } finally {
        if (this.#running.get(key) === next) this.#running.delete(key);
      }
    });
    this.#waiting.set(key, next);
    return next;
  }
}

const ignore = (): void => {};
