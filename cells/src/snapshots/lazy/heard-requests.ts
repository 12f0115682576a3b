/**
 * What the kernel has asked for and nobody has heard: pure. A reader that is killed takes along what it had taken from
 * the kernel and not handed on. Requests are numbered by twos in the order in which they are given out, so that after one
 * that came later has been heard what is missing before it was lost. Two sorts are numbered out of turn: what is
 * forgotten, when it is given out, and what interrupts another, by an odd number; neither waits for an answer.
 */
const step = 2n;
/** Numbers that are looked at: far more than readers take at once. Those heard are remembered for longer. */
const lookedAt = 256n;
const remembered = 1_024;

export class HeardRequests {
  /** In the order in which they were heard. */
  readonly #heard = new Set<bigint>();

  get isEmpty(): boolean {
    return this.#heard.size === 0;
  }

  note(unique: bigint): void {
    this.#heard.add(unique);
    if (this.#heard.size <= remembered) return;
    for (const oldest of this.#heard) {
      this.#heard.delete(oldest);
      return;
    }
  }

  /** Of those before `marker`, a request that was heard. Some may have been withdrawn before anybody took them. */
  missingBefore(marker: bigint): bigint[] {
    const missing: bigint[] = [];
    const [oldest = marker] = this.#heard;
    for (let unique = marker - step; unique > 0n && unique > marker - lookedAt * step; unique -= step) {
      if (unique < oldest && this.#heard.size >= remembered) break;
      if (!this.#heard.has(unique)) missing.push(unique);
    }
    return missing.toReversed();
  }
}
