/**
 * How many go on in one turn of the event loop. A statement for 64 workspaces is answered to 64 executors at
 * once; were all of them to go on in the same turn, whatever else the process serves would wait until they have,
 * and once more at each of its own questions to the store. So a few go on at a time, and between them the loop
 * looks at everything that has come in.
 *
 *   answer ──room in this turn──▶ goes on at once
 *     └──────none────▶ waits, first come first served ──next turn──▶ goes on
 */
import { limits } from '@cellbook/shared/limits.ts';

export class Turns {
  readonly #perTurn: number;
  #left: number;
  /** As many as there are askers, each of whom waits for one answer. */
  #waiting: (() => void)[] = [];
  #isNextAsked = false;

  constructor(perTurn: number) {
    this.#perTurn = perTurn;
    this.#left = perTurn;
  }

  give(goOn: () => void): void {
    if (!this.#isNextAsked) {
      this.#isNextAsked = true;
      setImmediate(() => this.#next());
    }
    if (this.#left === 0) {
      this.#waiting.push(goOn);
      return;
    }
    this.#left--;
    goOn();
  }

  #next(): void {
    this.#isNextAsked = false;
    this.#left = this.#perTurn;
    const waiting = this.#waiting;
    this.#waiting = waiting.splice(this.#perTurn);
    for (const goOn of waiting) this.give(goOn);
  }
}

/** Of executors, whichever store answers them: the process has one event loop. */
export const executorTurns = new Turns(limits.database.executorsPerTurn);
