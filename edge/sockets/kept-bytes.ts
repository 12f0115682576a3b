/**
 * All that one object keeps for its sockets, summed up as it changes: who has most of it is sent away when that is
 * more than one isolate has room for. What the runtime still has of sockets that are closed cannot be given up but
 * with the object itself; where that alone is too much, the object is to end.
 */
import { limits } from '@cellbook/shared/limits.ts';

export interface Keeper {
  readonly isOver: boolean;
  /** Gives up what it can. */
  shed(reason: string): void;
}

/** A frame or two on their way; 1,000 sockets that keep as much at once are 4 MB. */
const countedFromBytes = 4 * 1024;

export class KeptBytes {
  readonly #of = new Map<Keeper, number>();
  readonly #overflow: () => void;
  #sum = 0;
  #isShedding = false;

  /** `overflow`: what is left belongs to closed sockets. */
  constructor(overflow: () => void) {
    this.#overflow = overflow;
  }

  get sum(): number {
    return this.#sum;
  }

  note(keeper: Keeper, bytes: number): void {
    const before = this.#of.get(keeper);
    if (before === undefined && bytes < countedFromBytes) return;
    this.#sum += bytes - (before ?? 0);
    if (bytes === 0) this.#of.delete(keeper);
    else this.#of.set(keeper, bytes);
    if (this.#sum > limits.parking.keptBytesPerShardMax && !this.#isShedding) this.#shed();
  }

  #shed(): void {
    this.#isShedding = true;
    while (this.#sum > limits.parking.keptBytesPerShardMax) {
      const largest = this.#largest();
      if (!largest) break;
      largest.shed('its shard of the edge keeps more than it has room for');
    }
    this.#isShedding = false;
    let pinned = 0;
    for (const [keeper, bytes] of this.#of) if (keeper.isOver) pinned += bytes;
    if (pinned > limits.parking.pinnedBytesPerShardMax) this.#overflow();
  }

  #largest(): Keeper | null {
    let [largest, most]: [Keeper | null, number] = [null, 0];
    for (const [keeper, bytes] of this.#of)
      if (!keeper.isOver && bytes > most) [largest, most] = [keeper, bytes];
    return largest;
  }
}
