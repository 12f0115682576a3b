/** Waiting for HELLO: it comes once after every start and every restore, and says what the other side speaks. */
import type { CellbookError } from '@cellbook/shared/errors.ts';
import { malformed } from './frames.ts';
import type { Hello } from './supervisor-link.ts';

/** The versions of the framing this cell speaks: 2 adds RESTORED, and supervisors of 1 live on in images. */
const spoken = { min: 1, max: 2 };

export class Greeting {
  #hello: Hello | null = null;
  #failure: CellbookError | null = null;
  #waiters: Array<{ resolve: (hello: Hello) => void; reject: (error: unknown) => void }> = [];

  get hello(): Hello | null {
    return this.#hello;
  }

  /** The next HELLO, or the one that came already. Rejects with the signal's reason, or why the link ended. */
  wait(signal: AbortSignal): Promise<Hello> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#hello) return Promise.resolve(this.#hello);
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject };
      const onAbort = () => {
        this.#waiters = this.#waiters.filter((each) => each !== waiter);
        reject(signal.reason);
      };
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiters.push(waiter);
    });
  }

  /** Throws `malformed_frame` when there is no version in common. */
  came(hello: Hello): void {
    if (hello.protoMin > spoken.max || hello.protoMax < spoken.min)
      throw malformed(
        `the supervisor speaks protocols ${hello.protoMin} to ${hello.protoMax}, not ${spoken.min} to ${spoken.max}`,
      );
    this.#hello = hello;
    for (const { resolve } of this.#waiters.splice(0)) resolve(hello);
  }

  /** Another HELLO is due. */
  expectAnother(): void {
    this.#hello = null;
  }

  fail(error: CellbookError): void {
    this.#failure = error;
    for (const { reject } of this.#waiters.splice(0)) reject(error);
  }
}
