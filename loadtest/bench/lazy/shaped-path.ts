/**
 * One direction of a link of so many bytes a second and so long a way: when a piece arrives that is sent now. Pure. All
 * that goes this way stands in one line, as at the narrow end of a cable; what has waited its turn is then on its way.
 */
export class ShapedPath {
  readonly #bytesPerMs: number;
  readonly #wayMs: number;
  #freeAtMs = 0;

  constructor(mbps: number, wayMs: number) {
    this.#bytesPerMs = (mbps * 1e6) / 8 / 1_000;
    this.#wayMs = wayMs;
  }

  arrivesAtMs(nowMs: number, bytes: number): number {
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs) + bytes / this.#bytesPerMs;
    return this.#freeAtMs + this.#wayMs;
  }
}
