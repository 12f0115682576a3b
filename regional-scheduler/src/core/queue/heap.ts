/**
 * A binary heap that tells each item where it lies, so that one can be taken out of the middle. `before` must be a
 * total order: then what comes out does not depend on how it went in, and a state that was rebuilt decides as the
 * one that it was rebuilt from.
 */
export interface HeapOrder<Item> {
  before(a: Item, b: Item): boolean;
  /** −1: it is in the heap no more. */
  placed(item: Item, at: number): void;
}

export class Heap<Item> {
  readonly #order: HeapOrder<Item>;
  readonly #items: Item[] = [];

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
    this.#items.push(item);
    this.#rise(this.#items.length - 1, item);
  }

  removeAt(at: number): void {
    const items = this.#items;
    const removed = items[at]!;
    const last = items.pop()!;
    if (at < items.length) this.#settle(at, last);
    this.#order.placed(removed, -1);
  }

  /** To be told when the rank of the item there has changed. */
  changed(at: number): void {
    this.#settle(at, this.#items[at]!);
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
        if (this.#order.before(items[open[other]!]!, items[open[best]!]!)) best = other;
      const at = open[best]!;
      taken.push(items[at]!);
      open.splice(best, 1);
      if (2 * at + 1 < items.length) open.push(2 * at + 1);
      if (2 * at + 2 < items.length) open.push(2 * at + 2);
    }
    return taken;
  }

  #settle(at: number, item: Item): void {
    const up = (at - 1) >> 1;
    if (at > 0 && this.#order.before(item, this.#items[up]!)) this.#rise(at, item);
    else this.#sink(at, item);
  }

  #rise(from: number, item: Item): void {
    const items = this.#items;
    let at = from;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (!this.#order.before(item, items[up]!)) break;
      this.#put(at, items[up]!);
      at = up;
    }
    this.#put(at, item);
  }

  #sink(from: number, item: Item): void {
    const items = this.#items;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.#order.before(items[child + 1]!, items[child]!)) child++;
      if (!this.#order.before(items[child]!, item)) break;
      this.#put(at, items[child]!);
      at = child;
    }
    this.#put(at, item);
  }

  #put(at: number, item: Item): void {
    this.#items[at] = item;
    this.#order.placed(item, at);
  }
}
