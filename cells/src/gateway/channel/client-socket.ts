/**
 * One client's kernel socket: translates to the framing it agreed on and knows which messages have been
 * written out, so that the others can be sent again. It holds nothing per idle socket but a few fields: no
 * timer (gateway-wide sweeps ping) and one bound callback.
 */
import { limits } from '@cellbook/shared/limits.ts';
import { v1ToLegacy } from '../frames/legacy-frame.ts';
import type { V1Frame } from '../frames/v1-frame.ts';

/** What of a `ws` socket is used here. */
export interface WireSocket {
  readonly bufferedAmount: number;
  /** Lets what is sent in this turn leave in one write, where the socket can. */
  gather?(): void;
  send(data: Uint8Array, options: { binary: boolean }, done: (error?: Error | null) => void): void;
  close(code: number, reason: string): void;
  pause(): void;
  resume(): void;
}

/** The request that opened a socket, for the logs. */
export interface SocketOrigin {
  requestId: string;
  traceparent?: string | undefined;
}

const noSeqs: readonly number[] = [];

export class ClientSocket {
  readonly sessionId: string;
  readonly isLegacy: boolean;
  /** Of the request that opened it; on the log line of every message. */
  readonly requestId: string;
  /** The trace it belongs to, as the edge sent it. */
  readonly traceparent: string | undefined;
  isOpen = true;
  /** Called when a message was written out and the socket was slow before. */
  onDrained: (() => void) | null = null;
  readonly #wire: WireSocket;
  readonly #sent: (error?: Error | null) => void;
  /** Sequence numbers handed over and not yet written out, in order; -1 for a message outside the log. */
  #unsent: number[] | null = null;
  #isSlow = false;

  constructor(wire: WireSocket, sessionId: string, isLegacy: boolean, origin: SocketOrigin) {
    this.requestId = origin.requestId;
    this.traceparent = origin.traceparent;
    this.#wire = wire;
    this.sessionId = sessionId;
    this.isLegacy = isLegacy;
    this.#sent = this.#noteSent.bind(this);
  }

  get isSlow(): boolean {
    return this.#isSlow;
  }

  get unsent(): readonly number[] {
    return this.#unsent?.filter((seq) => seq >= 0) ?? noSeqs;
  }

  /** Sends one message; `seq` is its number in the log, absent for one that is not in it. */
  send(frame: V1Frame, seq = -1): void {
    if (!this.isOpen) return;
    const data = this.isLegacy ? v1ToLegacy(frame) : { data: frame.bytes, isBinary: true };
    if (!data) return;
    this.#unsent ??= [];
    this.#unsent.push(seq);
    this.#wire.gather?.();
    this.#wire.send(data.data, { binary: data.isBinary }, this.#sent);
    if (this.#wire.bufferedAmount > limits.gateway.socketBufferBytesMax) this.#isSlow = true;
  }

  close(code: number, reason: string): void {
    this.isOpen = false;
    this.#wire.close(code, reason);
  }

  setReading(isReading: boolean): void {
    if (isReading) this.#wire.resume();
    else this.#wire.pause();
  }

  #noteSent(error?: Error | null): void {
    if (error) return;
    this.#unsent?.shift();
    if (this.#unsent?.length === 0) this.#unsent = null;
    if (!this.#isSlow || this.#wire.bufferedAmount > limits.gateway.socketBufferBytesMax / 2) return;
    this.#isSlow = false;
    this.onDrained?.();
  }
}
