/**
 * What stands between a controller and the world, so that the simulator can pause it (a long stop of its
 * process: every call and every timer waits, while its lease runs out) or crash it (nothing it asked for
 * ever comes back, and what was on its way still happens).
 */
import type { Clock, Timer } from '@cellbook/shared/clock.ts';

export class Gate {
  #state: 'open' | 'paused' | 'crashed' = 'open';
  #waiting: (() => void)[] = [];
  #lateTimers: (() => void)[] = [];
  readonly #beforePass: (gate: Gate) => void;

  /** `beforePass` is called before every call and every answer: any of them may be where it stands still. */
  constructor(beforePass: (gate: Gate) => void) {
    this.#beforePass = beforePass;
  }

  get crashed(): boolean {
    return this.#state === 'crashed';
  }

  pause(): void {
    if (this.#state === 'open') this.#state = 'paused';
  }

  /** Calls go on at once; the timers that fell due meanwhile run a little later, which is the harder order. */
  resume(clock: Clock): void {
    if (this.#state !== 'paused') return;
    this.#state = 'open';
    const waiting = this.#waiting;
    const timers = this.#lateTimers;
    this.#waiting = [];
    this.#lateTimers = [];
    for (const go of waiting) go();
    clock.setTimer(lateTimersMs, () => {
      for (const run of timers) if (!this.crashed) run();
    });
  }

  crash(): void {
    this.#state = 'crashed';
    this.#waiting = [];
  }

  /** Resolves now, when the pause ends, or never. */
  pass(): Promise<void> {
    this.#beforePass(this);
    return new Promise((resolve) => {
      if (this.#state === 'open') resolve();
      else if (this.#state === 'paused') this.#waiting.push(resolve);
    });
  }

  clock(clock: Clock): Clock {
    return {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      setTimer: (delayMs, callback): Timer => {
        let cancelled = false;
        const run = () => {
          if (!cancelled) callback();
        };
        const timer = clock.setTimer(delayMs, () => {
          if (this.#state === 'open') run();
          else if (this.#state === 'paused') this.#lateTimers.push(run);
        });
        return {
          cancel() {
            cancelled = true;
            timer.cancel();
          },
        };
      },
    };
  }

  /** The same object, but every method that gives a promise passes the gate on its way in and out. */
  guard<Target extends object>(target: Target, asynchronous: ReadonlySet<keyof Target>): Target {
    return new Proxy(target, {
      get: (object, property) => {
        const value: unknown = Reflect.get(object, property, object);
        if (typeof value !== 'function') return value;
        if (!(asynchronous as ReadonlySet<PropertyKey>).has(property)) return value.bind(object);
        return async (...given: unknown[]) => {
          await this.pass();
          try {
            return await Reflect.apply(value, object, given);
          } finally {
            await this.pass();
          }
        };
      },
    });
  }
}

const lateTimersMs = 700;
