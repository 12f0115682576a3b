import type { Clock } from '@cellbook/shared/clock.ts';

/** One sleeper who can be woken. Who is woken before it sleeps does not sleep. */
export class Wakeup {
  readonly #clock: Clock;
  #isWoken = false;
  #rouse: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wake(): void {
    this.#isWoken = true;
    this.#rouse?.();
  }

  async wait(forMs: number): Promise<void> {
    if (!this.#isWoken)
      await new Promise<void>((resolve) => {
        const timer = this.#clock.setTimer(forMs, resolve);
        this.#rouse = () => {
          timer.cancel();
          resolve();
        };
      });
    this.#rouse = null;
    this.#isWoken = false;
  }
}
