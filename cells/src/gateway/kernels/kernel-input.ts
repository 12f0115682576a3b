/**
 * Messages on their way to one kernel, in order. When the kernel runs and the link has room they pass
 * straight through. Otherwise they are held, bounded, while the workspace resumes or the link drains; when
 * much is held the kernel's sockets are not read, so that the rest waits with the client.
 */
import { CellbookError, toCellbookError } from '@cellbook/shared/errors.ts';
import type { KernelId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { SupervisorLink } from '../../sandbox/link/supervisor-link.ts';
import type { PendingRequest } from '../channel/request-routes.ts';

export interface InputMessage {
  bytes: Buffer;
  msgId: string;
  request: PendingRequest;
}

export interface InputTarget {
  readonly kernelId: KernelId;
  /** The link when the kernel runs now. */
  linkNow(): SupervisorLink | null;
  /** Makes the kernel run; rejects with a typed error. */
  ensureStarted(): Promise<SupervisorLink>;
  /** Told of each message right before it is sent. */
  sending(link: SupervisorLink, message: InputMessage): void;
  /** Settles when the link has room or is gone. */
  drained(): Promise<void>;
  /** Answers a message that cannot be delivered. */
  refuse(message: InputMessage, error: CellbookError): void;
  /** Stops and resumes reading the kernel's sockets. */
  setReading(isReading: boolean): void;
}

export class KernelInput {
  readonly #target: InputTarget;
  #held: InputMessage[] = [];
  #heldBytes = 0;
  #isPumping = false;
  #isReading = true;

  constructor(target: InputTarget) {
    this.#target = target;
  }

  get heldCount(): number {
    return this.#held.length;
  }

  get held(): readonly InputMessage[] {
    return this.#held;
  }

  offer(message: InputMessage): void {
    // Other channels get through to a kernel whose shell is full: an interrupt, an answer to input().
    const isUrgent = message.request.channel !== 'shell';
    const link = this.#isPumping && !isUrgent ? null : this.#target.linkNow();
    if (link) {
      if (!this.#send(link, message)) this.#pump('drain');
      return;
    }
    if (this.#isFull(message)) {
      this.#target.refuse(message, heldTooMuch(this.#target.kernelId));
      return;
    }
    this.#held.push(message);
    this.#heldBytes += message.bytes.length;
    if (this.#heldBytes > limits.gateway.heldBytesPause) this.#setReading(false);
    this.#pump('start');
  }

  /** False when the link is full now. A link that refuses the message (it just closed) is answered for. */
  #send(link: SupervisorLink, message: InputMessage): boolean {
    try {
      this.#target.sending(link, message);
      return link.sendKernelMessage(this.#target.kernelId, message.bytes);
    } catch (thrown) {
      const { kernelId } = this.#target;
      this.#target.refuse(message, toCellbookError(thrown, `delivering a message to kernel ${kernelId}`));
      return true;
    }
  }

  #isFull({ bytes }: InputMessage): boolean {
    return (
      this.#held.length >= limits.gateway.heldMessagesMax ||
      this.#heldBytes + bytes.length > limits.gateway.heldBytesMax
    );
  }

  /** Gives up what is held, in order; the caller answers for it. */
  takeHeld(): InputMessage[] {
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    this.#setReading(true);
    return held;
  }

  #pump(first: 'start' | 'drain'): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    this.#run(first).catch((thrown) => this.#refuseAll(thrown));
  }

  async #run(first: 'start' | 'drain'): Promise<void> {
    if (first === 'drain') await this.#target.drained();
    while (this.#held.length > 0) {
      const link = this.#target.linkNow() ?? (await this.#target.ensureStarted());
      const message = this.#take();
      if (message && !this.#send(link, message)) await this.#target.drained();
    }
    this.#isPumping = false;
    this.#setReading(true);
  }

  #take(): InputMessage | undefined {
    const message = this.#held.shift();
    if (message) this.#heldBytes -= message.bytes.length;
    if (this.#heldBytes < limits.gateway.heldBytesPause / 2) this.#setReading(true);
    return message;
  }

  #refuseAll(thrown: unknown): void {
    const error = toCellbookError(thrown, `delivering messages to kernel ${this.#target.kernelId}`);
    this.#isPumping = false;
    for (const message of this.takeHeld()) this.#target.refuse(message, error);
  }

  #setReading(isReading: boolean): void {
    if (this.#isReading === isReading) return;
    this.#isReading = isReading;
    this.#target.setReading(isReading);
  }
}

function heldTooMuch(kernelId: KernelId): CellbookError {
  return new CellbookError('rate_limited', {
    doing: `holding a message for kernel ${kernelId}`,
    problem: `more than ${limits.gateway.heldMessagesMax} messages or ${limits.gateway.heldBytesMax} bytes wait for it already`,
    next: 'Wait until the kernel has caught up, then run the cell again.',
    ids: { kernelId },
  });
}
