/** What is sent to a socket that is away for a while, or whose browser does not read: little, and in its order. */
import { limits } from '@cellbook/shared/limits.ts';
import type { WebSocket } from 'ws';

export type Done = (error?: Error | null) => void;

interface Message {
  data: string | Uint8Array;
  options: { binary: boolean };
  done: Done | undefined;
}

export class Waiting {
  #messages: Message[] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  /** As that of a socket: beyond a status or two its client counts as slow, and the rest stays in the kernel's log. */
  get bufferedAmount(): number {
    return this.#bytes > limits.parking.queuedBytesMax ? Number.MAX_SAFE_INTEGER : this.#bytes;
  }

  add(data: string | Uint8Array, options: { binary: boolean }, done: Done | undefined): void {
    this.#messages.push({ data, options, done });
    this.#bytes += typeof data === 'string' ? Buffer.byteLength(data) : data.length;
  }

  sendAll(ws: WebSocket): void {
    this.#bytes = 0;
    for (const { data, options, done } of this.#messages.splice(0)) ws.send(data, options, done);
  }

  clear(): void {
    this.#messages = [];
    this.#bytes = 0;
  }
}
