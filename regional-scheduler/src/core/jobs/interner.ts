/** Values that many jobs share, kept once and counted: a row holds a number instead. */
export class Interner<Value> {
  readonly #indexByKey = new Map<string, number>();
  readonly #entries: ({ key: string; value: Value; uses: number } | undefined)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#indexByKey.size;
  }

  acquire(key: string, value: Value): number {
    const known = this.#indexByKey.get(key);
    if (known !== undefined) {
      this.#entries[known]!.uses++;
      return known;
    }
    const index = this.#free.pop() ?? this.#entries.length;
    this.#entries[index] = { key, value, uses: 1 };
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
