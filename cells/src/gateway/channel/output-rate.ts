/**
 * Output limits of one kernel, as jupyter_server has them: messages and bytes over a sliding window. Only
 * stream and display output is ever held back; statuses, inputs, results, errors and comms pass. What was
 * held back is counted, and the count is shown when output flows again or the request ends.
 *
 * The window is kept as a ring of slices, so that an endless loop costs constant memory.
 */
import { limits } from '@cellbook/shared/limits.ts';

export interface RateLimits {
  messagesPerSecond: number;
  bytesPerSecond: number;
  windowMs: number;
}

export interface Dropped {
  messages: number;
  bytes: number;
}

export type Admission =
  /** Send it; `resumed` counts what was held back just before, once. */
  | { kind: 'pass'; resumed: Dropped | null }
  /** Do not send it; `first` when a notice is due. */
  | { kind: 'drop'; first: boolean };

const slices = 30;
const limitedTypes = new Set(['stream', 'display_data', 'update_display_data']);
/** Flow resumes below this share of the limit, so that it does not stutter around it. */
const resumeShare = 0.8;

export class OutputRate {
  readonly #limits: RateLimits;
  readonly #messages = new Array<number>(slices).fill(0);
  readonly #bytes = new Array<number>(slices).fill(0);
  #windowMessages = 0;
  #windowBytes = 0;
  #slice = 0;
  #dropped: Dropped | null = null;

  constructor(
    rate: RateLimits = {
      messagesPerSecond: limits.gateway.outputMessagesPerSecondMax,
      bytesPerSecond: limits.gateway.outputBytesPerSecondMax,
      windowMs: limits.gateway.outputWindowMs,
    },
  ) {
    this.#limits = rate;
  }

  admit(msgType: string, bytes: number, nowMs: number): Admission {
    if (!limitedTypes.has(msgType)) return { kind: 'pass', resumed: null };
    this.#moveTo(Math.floor(nowMs / (this.#limits.windowMs / slices)));
    const share = this.#dropped ? resumeShare : 1;
    const seconds = (this.#limits.windowMs / 1000) * share;
    const isOver =
      this.#windowMessages + 1 > this.#limits.messagesPerSecond * seconds ||
      this.#windowBytes + bytes > Math.max(bytes, this.#limits.bytesPerSecond * seconds);
    if (isOver) {
      const first = this.#dropped === null;
      this.#dropped ??= { messages: 0, bytes: 0 };
      this.#dropped.messages += 1;
      this.#dropped.bytes += bytes;
      return { kind: 'drop', first };
    }
    this.#add(1, bytes);
    return { kind: 'pass', resumed: this.takeDropped() };
  }

  /** At the end of a request the window starts anew, so that "Run All" does not meet the limit early. */
  reset(): void {
    this.#messages.fill(0);
    this.#bytes.fill(0);
    this.#windowMessages = 0;
    this.#windowBytes = 0;
  }

  /** What was held back since it was last asked for. */
  takeDropped(): Dropped | null {
    const dropped = this.#dropped;
    this.#dropped = null;
    return dropped;
  }

  #add(messages: number, bytes: number): void {
    const index = this.#slice % slices;
    this.#messages[index]! += messages;
    this.#bytes[index]! += bytes;
    this.#windowMessages += messages;
    this.#windowBytes += bytes;
  }

  #moveTo(slice: number): void {
    const steps = Math.min(slices, Math.max(0, slice - this.#slice));
    this.#slice = Math.max(slice, this.#slice);
    for (let step = 0; step < steps; step++) {
      const index = (this.#slice - step) % slices;
      this.#windowMessages -= this.#messages[index]!;
      this.#windowBytes -= this.#bytes[index]!;
      this.#messages[index] = 0;
      this.#bytes[index] = 0;
    }
  }
}

export function droppedNotice({ messages, bytes }: Dropped): string {
  return `[Cellbook: ${messages} output messages (${bytes} bytes) were not shown, they came too fast.]\n`;
}

export const droppingNotice =
  `[Cellbook: output comes faster than ${limits.gateway.outputMessagesPerSecondMax} messages or ` +
  `${limits.gateway.outputBytesPerSecondMax} bytes a second; some of it is not shown. The cell goes on.]\n`;
