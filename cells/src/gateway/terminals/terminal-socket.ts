/** One client of a terminal. A slow one is given the rest from the scrollback when it has caught up. */
import { limits } from '@cellbook/shared/limits.ts';
import type { Scrollback } from './scrollback.ts';

export interface TerminalWire {
  readonly bufferedAmount: number;
  send(data: string, done: (error?: Error | null) => void): void;
  close(code: number, reason: string): void;
}

export class TerminalSocket {
  rows: number | null = null;
  columns: number | null = null;
  readonly #wire: TerminalWire;
  readonly #scrollback: Scrollback;
  readonly #sent: (error?: Error | null) => void;
  #offset = 0;
  #isOpen = true;

  constructor(wire: TerminalWire, scrollback: Scrollback) {
    this.#wire = wire;
    this.#scrollback = scrollback;
    this.#sent = (error) => {
      if (!error) this.catchUp();
    };
    this.#send(['setup', {}]);
    this.catchUp();
  }

  /** Sends what it has not had, unless it is slow. */
  catchUp(): void {
    if (!this.#isOpen || this.#offset >= this.#scrollback.endOffset) return;
    if (this.#wire.bufferedAmount > limits.gateway.socketBufferBytesMax) return;
    const text = this.#scrollback.from(this.#offset);
    this.#offset = this.#scrollback.endOffset;
    this.#send(['stdout', text]);
  }

  /** The shell ended: said in the protocol's own words, then closed. */
  end(): void {
    this.catchUp();
    this.#send(['disconnect', 1]);
    this.close(1000, 'the terminal ended');
  }

  close(code: number, reason: string): void {
    this.#isOpen = false;
    this.#wire.close(code, reason);
  }

  gone(): void {
    this.#isOpen = false;
  }

  #send(message: unknown[]): void {
    this.#wire.send(JSON.stringify(message), this.#sent);
  }
}
