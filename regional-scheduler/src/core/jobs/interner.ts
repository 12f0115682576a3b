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

/** Of places in a list of values: the numbers that rows hold instead. */
export function acquireAll<Value>(
  interner: Interner<Value>,
  values: readonly Value[],
  keyOf: (value: Value) => string,
  places: Int32Array,
): Int32Array {
  const uses = new Int32Array(values.length);
  for (const place of places) uses[place]!++;
  const numbers = values.map((value, place) => interner.acquire(keyOf(value), () => value, uses[place]!));
  return places.map((place) => numbers[place]!);
}
