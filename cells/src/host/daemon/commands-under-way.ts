/** Counts commands from their first byte to the end of their answer: a daemon does not end in the middle of one. */
import type { ServerResponse } from 'node:http';

export class CommandsUnderWay {
  #count = 0;
  #begunMs: number | null = null;

  get count(): number {
    return this.#count;
  }

  /** When the last one came; null before the first. */
  get begunMs(): number | null {
    return this.#begunMs;
  }

  /** Its answer ends, or whoever asked has gone. */
  begin(response: ServerResponse, nowMs: number): void {
    this.#count += 1;
    this.#begunMs = nowMs;
    response.once('close', () => {
      this.#count -= 1;
    });
  }
}
