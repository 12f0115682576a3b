/** Counts commands from their first byte to the end of their answer: a daemon does not end in the middle of one. */
import type { ServerResponse } from 'node:http';

export class CommandsUnderWay {
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Its answer ends, or whoever asked has gone. */
  begin(response: ServerResponse): void {
    this.#count += 1;
    response.once('close', () => {
      this.#count -= 1;
    });
  }
}
