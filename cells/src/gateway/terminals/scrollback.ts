/** The last of a terminal's output, by offset from its beginning, for new and slow clients. */
import { limits } from '@cellbook/shared/limits.ts';

export class Scrollback {
  #chunks: string[] = [];
  #length = 0;
  #startOffset = 0;
  readonly #lengthMax: number;

  constructor(lengthMax: number = limits.gateway.terminalScrollbackBytesMax) {
    this.#lengthMax = lengthMax;
  }

  get endOffset(): number {
    return this.#startOffset + this.#length;
  }

  append(text: string): void {
    if (text === '') return;
    this.#chunks.push(text);
    this.#length += text.length;
    while (this.#chunks.length > 1 && this.#length - this.#chunks[0]!.length >= this.#lengthMax) {
      const dropped = this.#chunks.shift()!.length;
      this.#length -= dropped;
      this.#startOffset += dropped;
    }
    if (this.#chunks.length > 256) this.#chunks = [this.#chunks.join('')];
  }

  /** The text from an offset on; what is no longer kept is left out. */
  from(offset: number): string {
    const text = this.#chunks.join('');
    return offset <= this.#startOffset ? text : text.slice(offset - this.#startOffset);
  }
}
