/** A program that can crash (nothing that was under way in it goes on), start again, and stand still for a while. */
import type { Network } from './network.ts';
import type { SimulatedClock } from './simulated-clock.ts';

const callMs = 1_500;

export class SimulatedProcess {
  readonly name: string;
  readonly clock: SimulatedClock;
  isUp = false;
  #incarnation = 0;
  #isPaused = false;
  #late: (() => void)[] = [];
  readonly #network: Network;

  constructor(name: string, clock: SimulatedClock, network: Network) {
    this.name = name;
    this.clock = clock;
    this.#network = network;
  }

  start(): void {
    this.isUp = true;
    this.#incarnation++;
  }

  crash(): void {
    this.isUp = false;
    this.#incarnation++;
    this.#isPaused = false;
    this.#late = [];
  }

  pause(): void {
    if (this.isUp) this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    for (const run of this.#late.splice(0)) this.#enter(run);
  }

  /** Runs it now, after the pause, or never when the program has crashed by then. */
  own(run: () => void): void {
    const incarnation = this.#incarnation;
    this.#enter(() => {
      if (this.isUp && incarnation === this.#incarnation) run();
    });
  }

  after(delayMs: number, run: () => void): void {
    const incarnation = this.#incarnation;
    this.clock.after(delayMs, () => {
      if (incarnation === this.#incarnation) this.own(run);
    });
  }

  /** To the record, or somebody else, and back; null is no answer, whatever became of it. */
  call<Result>(work: () => Result, then: (result: Result | null) => void, to = 'record'): void {
    const incarnation = this.#incarnation;
    let isDone = false;
    const finish = (result: Result | null) => {
      if (isDone || incarnation !== this.#incarnation) return;
      isDone = true;
      this.own(() => then(result));
    };
    this.#network.call(this.name, to, () => {
      const result = work();
      this.#network.call(to, this.name, () => finish(result));
    });
    this.after(callMs, () => finish(null));
  }

  #enter(run: () => void): void {
    if (this.#isPaused) this.#late.push(run);
    else run();
  }
}
