/**
 * A binary heap that tells each item where it lies, so that one can be taken out of the middle. The order must be total:
 * then what comes out does not depend on how it went in, and a state that was rebuilt decides as the one that it was
 * rebuilt from. Ranks lie side by side in an array of numbers, so that finding a place looks at few items themselves: at
 * a million jobs each look at one is a look at memory that no cache holds.
 */
export interface HeapOrder<Item> {
  /** The lower the earlier; `changed` is to be told when it is another. */
  rank(item: Item): number;
  /** Of two of the same rank. */
  before(a: Item, b: Item): boolean;
  /** −1: it is in the heap no more. */
  placed(item: Item, at: number): void;
}

export class Heap<Item> {
  readonly #order: HeapOrder<Item>;
  readonly #items: Item[] = [];
  readonly #ranks: number[] = [];

  constructor(order: HeapOrder<Item>) {
    this.#order = order;
  }

  get size(): number {
    return this.#items.length;
  }

  get top(): Item | undefined {
    return this.#items[0];
  }

  at(place: number): Item | undefined {
    return this.#items[place];
  }

  push(item: Item): void {
    const rank = this.#order.rank(item);
    this.#items.push(item);
    this.#ranks.push(rank);
    this.#rise(this.#items.length - 1, item, rank);
  }

  /** Of very many: it lies in no order until `arrange`. */
  append(item: Item): void {
    this.#items.push(item);
    this.#ranks.push(this.#order.rank(item));
  }

  /** All of them at once, in time that grows with their number alone (Floyd, 1964). */
  arrange(): void {
    const items = this.#items;
    for (let at = (items.length >> 1) - 1; at >= 0; at--) this.#sink(at, items[at]!, this.#ranks[at]!);
    for (let at = items.length >> 1; at < items.length; at++) this.#order.placed(items[at]!, at);
  }

  removeAt(at: number): void {
    const items = this.#items;
    const removed = items[at]!;
    const last = items.pop()!;
    const rank = this.#ranks.pop()!;
    if (at < items.length) this.#settle(at, last, rank);
    this.#order.placed(removed, -1);
  }

  /** To be told when the rank of the item there has changed. */
  changed(at: number): void {
    const item = this.#items[at]!;
    this.#settle(at, item, this.#order.rank(item));
  }

  /** In no order. */
  [Symbol.iterator](): IterableIterator<Item> {
    return this.#items[Symbol.iterator]();
  }

  /** The first `count` in order, left where they are: the children of what was taken are the candidates for the next. */
  first(count: number): Item[] {
    const items = this.#items;
    const taken: Item[] = [];
    const open = items.length > 0 ? [0] : [];
    while (taken.length < count && open.length > 0) {
      let best = 0;
      for (let other = 1; other < open.length; other++)
        if (this.#isBefore(open[other]!, items[open[best]!]!, this.#ranks[open[best]!]!)) best = other;
      const at = open[best]!;
      taken.push(items[at]!);
      open.splice(best, 1);
      if (2 * at + 1 < items.length) open.push(2 * at + 1);
      if (2 * at + 2 < items.length) open.push(2 * at + 2);
    }
    return taken;
  }

  #settle(at: number, item: Item, rank: number): void {
    const up = (at - 1) >> 1;
    if (at > 0 && !this.#isBefore(up, item, rank)) this.#rise(at, item, rank);
    else this.#sink(at, item, rank);
  }

  #rise(from: number, item: Item, rank: number): void {
    let at = from;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (this.#isBefore(up, item, rank)) break;
      this.#put(at, this.#items[up]!, this.#ranks[up]!);
      at = up;
    }
    this.#put(at, item, rank);
  }

  #sink(from: number, item: Item, rank: number): void {
    const items = this.#items;
    const ranks = this.#ranks;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.#isBefore(child + 1, items[child]!, ranks[child]!)) child++;
      if (!this.#isBefore(child, item, rank)) break;
      this.#put(at, items[child]!, ranks[child]!);
      at = child;
    }
    this.#put(at, item, rank);
  }

  /** Whether who lies there comes before another. */
  #isBefore(at: number, other: Item, rank: number): boolean {
    const own = this.#ranks[at]!;
    return own !== rank ? own < rank : this.#order.before(this.#items[at]!, other);
  }

  #put(at: number, item: Item, rank: number): void {
    this.#items[at] = item;
    this.#ranks[at] = rank;
    this.#order.placed(item, at);
  }
}
