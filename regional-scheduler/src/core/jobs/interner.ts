/** Values that many jobs share, kept once and counted: a row holds a number instead. */
export class Interner<Value> {
  readonly #indexByKey = new Map<string, number>();
  readonly #entries: ({ key: string; value: Value; uses: number } | undefined)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#indexByKey.size;
  }

  /** `make`: only for a value that is new. */
  acquire(key: string, make: () => Value, uses = 1): number {
    const known = this.#indexByKey.get(key);
    if (known !== undefined) {
      this.#entries[known]!.uses += uses;
      return known;
    }
    const index = this.#free.pop() ?? this.#entries.length;
    this.#entries[index] = { key, value: make(), uses };
    this.#indexByKey.set(key, index);
    return index;
  }

  /** So many rows more have it. */
  use(index: number, uses: number): void {
    this.#entries[index]!.uses += uses;
  }

  value(index: number): Value {
    return this.#entries[index]!.value;
  }

  release(index: number): void {
    const entry = this.#entries[index]!;
    entry.uses--;
    if (entry.uses > 0) return;
    this.#indexByKey.delete(entry.key);
    this.#entries[index] = undefined;
    this.#free.push(index);
  }
}

/** The numbers of values that are told in lists, while what has them is loaded. */
export class Told<Value> {
  readonly #interner: Interner<Value>;
  readonly #keyOf: (value: Value) => string;
  readonly #numbers: number[] = [];

  constructor(interner: Interner<Value>, keyOf: (value: Value) => string) {
    this.#interner = interner;
    this.#keyOf = keyOf;
  }

  /** Of places in the list that goes on with `values` after its first `before`: the numbers that rows hold instead. */
  acquire(values: readonly Value[], places: Int32Array, before: number): Int32Array {
    this.#numbers.length = before;
    const uses = new Int32Array(before + values.length);
    for (const place of places) uses[place]!++;
    for (let place = 0; place < before; place++)
      if (uses[place]! > 0) this.#interner.use(this.#numbers[place]!, uses[place]!);
    for (const [at, value] of values.entries())
      this.#numbers.push(this.#interner.acquire(this.#keyOf(value), () => value, uses[before + at]));
    const numbers = this.#numbers;
    return places.map((place) => numbers[place]!);
  }
}
