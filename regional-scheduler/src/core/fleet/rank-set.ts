/** A set of hosts by rank, lowest first: equal places go to the host named first, and finding it is a few steps. */
export class RankSet {
  #words = new Uint32Array(0);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(rank: number): void {
    const word = rank >>> 5;
    if (word >= this.#words.length) {
      const longer = new Uint32Array(word + 8);
      longer.set(this.#words);
      this.#words = longer;
    }
    this.#words[word]! |= 1 << (rank & 31);
    this.#size++;
  }

  delete(rank: number): void {
    this.#words[rank >>> 5]! &= ~(1 << (rank & 31));
    this.#size--;
  }

  /** The lowest rank at or above `from`; −1: none. */
  next(from: number): number {
    if (this.#size === 0) return -1;
    for (let word = from >>> 5; word < this.#words.length; word++) {
      const masked = word === from >>> 5 ? -1 << (from & 31) : -1;
      const bits = this.#words[word]! & masked;
      if (bits !== 0) return (word << 5) + 31 - Math.clz32(bits & -bits);
    }
    return -1;
  }
}
