/** What a sandbox has said and no controller has acknowledged, in order: it is said again to the next one. */
export class HeldFrames {
  #frames: { seq: number; bytes: Buffer }[] = [];
  /** Frames before this one are acknowledged; they are cut off now and then. */
  #head = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  add(seq: number, bytes: Buffer): void {
    this.#frames.push({ seq, bytes });
    this.#bytes += bytes.length;
  }

  acknowledge(seq: number): void {
    for (let frame = this.#frames[this.#head]; frame && frame.seq <= seq; frame = this.#frames[this.#head]) {
      this.#bytes -= frame.bytes.length;
      this.#head += 1;
    }
    if (this.#head * 2 < this.#frames.length) return;
    this.#frames = this.#frames.slice(this.#head);
    this.#head = 0;
  }

  *all(): Iterable<Buffer> {
    for (let at = this.#head; at < this.#frames.length; at++) yield this.#frames[at]!.bytes;
  }
}
