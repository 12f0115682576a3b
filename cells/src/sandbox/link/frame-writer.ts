/**
 * Writes frames to the sandbox and knows when to stop: the pipe has its own mark, and each kernel or terminal
 * a window of bytes that the supervisor has not taken yet. `send` always takes the frame; its answer says
 * whether the next one should wait.
 */
import type { Writable } from 'node:stream';
import { limits } from '@cellbook/shared/limits.ts';
import { frameHeader, frameType } from './frames.ts';

const { windowBytesMax, joinBytesMax } = limits.supervisorLink;

const countedTypes = new Set<number>([frameType.kernelInput, frameType.terminalInput]);

export class FrameWriter {
  readonly #input: Writable;
  readonly #sent = new Map<number, { sentBytes: number; acceptedBytes: number }>();
  #waiters: Array<{ stream: number | undefined; resolve: () => void }> = [];
  #seq: number;
  #closed = false;
  #isBatching = false;

  /** `sentSeq`: what the receiver has had of its sender before. */
  constructor(input: Writable, sentSeq = 0) {
    this.#input = input;
    this.#seq = sentSeq;
    input.on('drain', () => this.#wake());
  }

  get sentSeq(): number {
    return this.#seq;
  }

  /** Queues a frame. Returns false when the pipe or the stream's window is full. Throws `too_large`. */
  send(type: number, stream: number, payload: Uint8Array): boolean {
    const header = frameHeader(type, stream, this.#seq + 1, payload.length);
    this.#seq++;
    if (this.#closed) return true;
    this.#batch();
    if (payload.length <= joinBytesMax) this.#input.write(Buffer.concat([header, payload]));
    else {
      this.#input.write(header);
      this.#input.write(payload);
    }
    if (countedTypes.has(type)) {
      const counts = this.#sent.get(stream) ?? { sentBytes: 0, acceptedBytes: 0 };
      counts.sentBytes += payload.length;
      this.#sent.set(stream, counts);
    }
    return !this.#isFull(stream);
  }

  /** What is sent in one turn of the event loop leaves in one system call. */
  #batch(): void {
    if (this.#isBatching) return;
    this.#isBatching = true;
    this.#input.cork();
    process.nextTick(() => {
      this.#isBatching = false;
      this.#input.uncork();
    });
  }

  /** Bytes sent on each stream so far. */
  countsNow(): Map<number, number> {
    return new Map([...this.#sent].map(([stream, { sentBytes }]) => [stream, sentBytes]));
  }

  /** What the supervisor counted of a stream when `sentBytes` of this link's had been sent. */
  restore(stream: number, receivedBytes: number, acceptedBytes: number, sentBytes: number): void {
    const sentSince = (this.#sent.get(stream)?.sentBytes ?? 0) - sentBytes;
    this.#sent.set(stream, { sentBytes: receivedBytes + sentSince, acceptedBytes });
    this.#wake();
  }

  /** The supervisor has taken this many bytes of the stream since its start. */
  accepted(stream: number, bytes: number): void {
    const counts = this.#sent.get(stream);
    if (!counts) return;
    counts.acceptedBytes = Math.min(counts.sentBytes, Math.max(counts.acceptedBytes, bytes));
    this.#wake();
  }

  /** Resolves when the pipe, and the stream's window if one is named, have room (or the link has closed). */
  drained(stream?: number): Promise<void> {
    if (this.#closed || !this.#isFull(stream)) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ stream, resolve }));
  }

  forget(stream: number): void {
    this.#sent.delete(stream);
    this.#wake();
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  #isFull(stream?: number): boolean {
    if (this.#input.writableNeedDrain) return true;
    const counts = stream === undefined ? undefined : this.#sent.get(stream);
    return counts !== undefined && counts.sentBytes - counts.acceptedBytes > windowBytesMax;
  }

  #wake(): void {
    const ready = this.#waiters.filter((waiter) => this.#closed || !this.#isFull(waiter.stream));
    this.#waiters = this.#waiters.filter((waiter) => !ready.includes(waiter));
    for (const waiter of ready) waiter.resolve();
  }
}
