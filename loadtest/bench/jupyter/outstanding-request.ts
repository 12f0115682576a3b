import { roundTripDeadlineMs } from '../measure/clients.ts';

const executeReply = Buffer.from('"execute_reply"');
const idle = Buffer.from('"idle"');

interface Outstanding {
  messageId: Buffer;
  sentMs: number;
  /** Until the execute_reply has come, null. */
  latencyMs: number | null;
  /** Whether the idle status has come. */
  idle: boolean;
  timer: NodeJS.Timeout;
  resolve: (latencyMs: number) => void;
  reject: (reason: Error) => void;
}

/**
 * The one request a client waits for: done when both its execute_reply and the idle status it caused have
 * come, in either order (they travel on different channels).
 */
export class OutstandingRequest {
  #current: Outstanding | null = null;

  start(messageId: string): Promise<number> {
    if (this.#current !== null) throw new Error('a client sends one request at a time');
    return new Promise((resolve, reject) => {
      this.#current = {
        messageId: Buffer.from(messageId),
        sentMs: performance.now(),
        latencyMs: null,
        idle: false,
        timer: setTimeout(() => this.fail(new Error('no answer in time')), roundTripDeadlineMs),
        resolve,
        reject,
      };
    });
  }

  /** A message from the kernel. Most are other clients' and cost one search in their parent header. */
  saw(header: Buffer, parentHeader: Buffer, content: Buffer): void {
    const current = this.#current;
    if (current === null || !parentHeader.includes(current.messageId)) return;
    if (header.includes(executeReply)) current.latencyMs = performance.now() - current.sentMs;
    else if (content.length < 64 && content.includes(idle)) current.idle = true;
    if (current.latencyMs === null || !current.idle) return;
    clearTimeout(current.timer);
    this.#current = null;
    current.resolve(current.latencyMs);
  }

  fail(reason: Error): void {
    const current = this.#current;
    if (current === null) return;
    clearTimeout(current.timer);
    this.#current = null;
    current.reject(reason);
  }
}
