/**
 * Puts what is asked for at about the same time into one statement, so that a hundred workspaces that move at
 * once cost one round trip and one commit. Nothing is held back on purpose: what comes while a batch is under way
 * is the next one, so that a lone question is asked at once and a crowd shares.
 *
 *   ask ──▶ waiting ──a lane is free──▶ batch, at most `batchMax` ──▶ run ──▶ each asker his own answer
 *
 * Two questions with the same key never share a batch: the later one waits for the next. A batch that fails
 * fails for all that are in it, as each would have failed alone with the store away. What one of them is to blame for
 * is an answer; where it is an error all the same, nothing was written, and each is asked for alone.
 */
import type { Turns } from './turns.ts';

export interface BatcherOptions<Item, Answer> {
  /** One answer for each item, in their order. */
  run(items: readonly Item[]): Promise<readonly Answer[]>;
  /** Of items that must not be in one batch together; absent: any may. */
  keyOf?(item: Item): string;
  /** Whether an error may be one item's alone; absent: it never is. */
  isOfOne?(error: unknown): boolean;
  batchMax: number;
  /** Batches under way at once. */
  lanesMax: number;
  /** Where many that are answered at once must not all go on at once. */
  turns?: Turns;
}

interface Waiting<Item, Answer> {
  item: Item;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

export class Batcher<Item, Answer> {
  readonly #options: BatcherOptions<Item, Answer>;
  #waiting: Waiting<Item, Answer>[] = [];
  #underWay = 0;

  constructor(options: BatcherOptions<Item, Answer>) {
    this.#options = options;
  }

  ask(item: Item): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      // What is asked for in the same turn of the event loop goes with it.
      if (this.#waiting.length === 1) queueMicrotask(() => this.#start());
    });
  }

  #start(): void {
    while (this.#waiting.length > 0 && this.#underWay < this.#options.lanesMax) {
      this.#underWay++;
      void this.#run(this.#take()).finally(() => {
        this.#underWay--;
        this.#start();
      });
    }
  }

  #take(): Waiting<Item, Answer>[] {
    const { keyOf, batchMax } = this.#options;
    const keys = new Set<string>();
    const batch: Waiting<Item, Answer>[] = [];
    const rest: Waiting<Item, Answer>[] = [];
    for (const one of this.#waiting) {
      const key = keyOf?.(one.item);
      if (batch.length === batchMax || (key !== undefined && keys.has(key))) rest.push(one);
      else batch.push(one);
      if (key !== undefined) keys.add(key);
    }
    this.#waiting = rest;
    return batch;
  }

  async #run(batch: readonly Waiting<Item, Answer>[]): Promise<void> {
    try {
      const answers = await this.#options.run(batch.map(({ item }) => item));
      for (const [index, { resolve, reject }] of batch.entries()) {
        const answer = answers[index];
        if (answer === undefined) reject(new Error('a batch gave fewer answers than it has items'));
        else this.#goOn(() => resolve(answer));
      }
    } catch (error) {
      if (batch.length > 1 && this.#options.isOfOne?.(error)) {
        for (const one of batch) await this.#run([one]);
        return;
      }
      for (const { reject } of batch) this.#goOn(() => reject(error));
    }
  }

  #goOn(asker: () => void): void {
    const { turns } = this.#options;
    if (turns) turns.give(asker);
    else asker();
  }
}
