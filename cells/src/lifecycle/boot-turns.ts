/**
 * Whose sandbox boots next. At most so many boot at once; of those that wait the one goes first that came first,
 * where each tier counts as having come a while before it did. So enterprise passes paid and paid passes free, and
 * nobody starves: whoever has waited for as long as another's head start is passed by nobody who comes after.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';

/** Something that is waited for before a step begins. */
export interface Turns {
  run<T>(work: () => Promise<T>): Promise<T>;
}

interface Waiting {
  /** When it would have come without its head start. */
  rankMs: number;
  go(): void;
}

export interface BootTurnsDeps {
  clock: Clock;
  /** Boots at once. */
  places: number;
  /** Told that one more waits, and holds up nothing but itself. */
  onWaiting?(): void;
}

export class BootTurns {
  readonly #deps: BootTurnsDeps;
  #free: number;
  readonly #waiting: Waiting[] = [];

  constructor(deps: BootTurnsDeps) {
    this.#deps = deps;
    this.#free = deps.places;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  of(tier: Tier): Turns {
    return { run: (work) => this.#run(tier, work) };
  }

  async #run<T>(tier: Tier, work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await this.#turn(tier);
    try {
      return await work();
    } finally {
      const next = takeFirst(this.#waiting);
      if (next) next.go();
      else this.#free++;
    }
  }

  #turn(tier: Tier): Promise<void> {
    const { clock, onWaiting } = this.#deps;
    const { promise, resolve: go } = Promise.withResolvers<void>();
    const rankMs = clock.monotonicMs() - limits.lifecycle.headStartMsByTier[tier];
    this.#waiting.push({ rankMs, go });
    onWaiting?.();
    return promise;
  }
}

/** A few hundred at the most: looked through, since one that is sorted would be sorted at each arrival. */
function takeFirst(waiting: Waiting[]): Waiting | null {
  let first = 0;
  for (const [index, { rankMs }] of waiting.entries())
    if (rankMs < (waiting[first]?.rankMs ?? Number.POSITIVE_INFINITY)) first = index;
  return waiting.splice(first, 1)[0] ?? null;
}
