/**
 * Requests whose replies are still to come, by message id: who asked (replies go to the asker alone), and
 * the header to answer with should the kernel die first. Bounded, oldest first out.
 */
import { limits } from '@cellbook/shared/limits.ts';
import type { Header } from '../frames/message.ts';
import type { Channel } from '../frames/v1-frame.ts';

export interface PendingRequest {
  sessionId: string;
  channel: Channel;
  msgType: string;
  /** The request's header, byte for byte: the parent of every answer. */
  headerBytes: Buffer;
}

export class RequestRoutes {
  readonly #pending = new Map<string, PendingRequest>();
  readonly #max: number;

  constructor(max: number = limits.gateway.pendingRequestsMax) {
    this.#max = max;
  }

  get size(): number {
    return this.#pending.size;
  }

  note(msgId: string, request: PendingRequest): void {
    this.#pending.set(msgId, request);
    if (this.#pending.size <= this.#max) return;
    for (const oldest of this.#pending.keys()) {
      this.#pending.delete(oldest);
      return;
    }
  }

  /** The asker by the request's id, else by the session its header names (a client's own is the same). */
  askerOf(parent: Header | null): string | null {
    if (!parent) return null;
    return this.#pending.get(parent.msgId)?.sessionId ?? parent.session;
  }

  find(msgId: string): PendingRequest | null {
    return this.#pending.get(msgId) ?? null;
  }

  forget(msgId: string): void {
    this.#pending.delete(msgId);
  }

  /** Every pending request in the order it was asked, and forgets them. */
  takeAll(): PendingRequest[] {
    const all = [...this.#pending.values()];
    this.#pending.clear();
    return all;
  }
}
