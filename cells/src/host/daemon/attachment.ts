/** One controller's connection to one sandbox: whole frames in, bytes out, and how full it is. */
import type { Duplex } from 'node:stream';
import { FrameSplitter } from '../../sandbox/link/frames.ts';
import type { Relay } from '../../sandbox/link/relay.ts';

export type Wire = Duplex;

export interface AttachmentEvents {
  /** A whole frame; throws when it is none that a controller may send. */
  frame(bytes: Buffer): void;
  drained(): void;
  ended(): void;
}

export class Attachment {
  readonly #wire: Wire;
  readonly #splitter = new FrameSplitter();

  constructor(wire: Wire, { frame, drained, ended }: AttachmentEvents) {
    this.#wire = wire;
    wire.on('data', (chunk: Buffer) => {
      try {
        this.#splitter.push(chunk, frame);
      } catch {
        wire.destroy();
      }
    });
    wire.on('drain', drained);
    wire.on('error', () => wire.destroy());
    for (const event of ['end', 'close']) wire.once(event, ended);
  }

  /** False while the connection takes no more. */
  get isReady(): boolean {
    return !this.#wire.writableNeedDrain && !this.#wire.destroyed;
  }

  greet(relay: Relay): void {
    const text = Buffer.from(JSON.stringify(relay));
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32LE(text.length);
    this.#wire.write(Buffer.concat([length, text]));
  }

  send(bytes: Buffer): void {
    this.#wire.write(bytes);
  }

  /** Between these, what is sent leaves in one system call. */
  cork(): void {
    this.#wire.cork();
  }

  uncork(): void {
    this.#wire.uncork();
  }

  /** The sandbox takes no more input for now. */
  pause(): void {
    this.#wire.pause();
  }

  resume(): void {
    this.#wire.resume();
  }

  end(bytes: Buffer): void {
    this.#wire.end(bytes);
  }

  destroy(): void {
    this.#wire.removeAllListeners('data');
    this.#wire.destroy();
  }
}
