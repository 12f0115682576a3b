/** Questions to the supervisor and their answers: one id each, a deadline on each, a bound on how many wait. */
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { FrameWriter } from './frame-writer.ts';
import { decodeEnvelope, encodeEnvelope, type Frame, flagError, frameType } from './frames.ts';
import { refusalSchema } from './schemas.ts';

export interface Answer {
  value: unknown;
  binary: Buffer;
}

interface Waiting {
  doing: string;
  timer: Timer;
  resolve: (answer: Answer) => void;
  reject: (error: CellbookError) => void;
}

export class Requests {
  readonly #writer: FrameWriter;
  readonly #clock: Clock;
  readonly #waiting = new Map<number, Waiting>();
  #nextId: number;

  constructor(writer: FrameWriter, clock: Clock, firstId = 1) {
    this.#nextId = firstId;
    this.#writer = writer;
    this.#clock = clock;
  }

  ask(method: string, params: object, deadlineMs: number, binary?: Uint8Array): Promise<Answer> {
    const payload = encodeEnvelope({ method, params }, binary);
    return this.sendFrame(frameType.request, payload, deadlineMs, `asking a sandbox to ${method}`);
  }

  async sendFrame(type: number, payload: Uint8Array, deadlineMs: number, doing: string): Promise<Answer> {
    if (this.#waiting.size >= limits.supervisorLink.requestsMax)
      throw new CellbookError('rate_limited', {
        doing,
        problem: 'too many requests are waiting',
        retryAfterMs: 1000,
      });
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimer(deadlineMs, () => this.#expire(id, deadlineMs));
      this.#waiting.set(id, { doing, timer, resolve, reject });
      try {
        this.#writer.send(type, id, payload);
      } catch (error) {
        this.#take(id);
        throw error;
      }
    });
  }

  answer(frame: Frame): void {
    const { value, binary } = frame.payload.length === 0 ? nothing : decodeEnvelope(frame.payload);
    // Parsed before it is taken: who waits for a malformed answer is told with all others that the link ended.
    const refusal = (frame.flags & flagError) === 0 ? null : refusalSchema.parse(value);
    const waiting = this.#take(frame.stream);
    if (!waiting) return;
    if (!refusal) {
      waiting.resolve({ value, binary });
      return;
    }
    const { code, problem, ids } = refusal;
    waiting.reject(new CellbookError(code, { doing: waiting.doing, problem, ids }));
  }

  failAll(error: CellbookError): void {
    for (const id of [...this.#waiting.keys()]) this.#take(id)?.reject(error);
  }

  #expire(id: number, deadlineMs: number): void {
    const waiting = this.#take(id);
    const problem = `no answer came within ${deadlineMs} ms`;
    waiting?.reject(new CellbookError('sandbox_unavailable', { doing: waiting.doing, problem }));
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.timer.cancel();
    return waiting;
  }
}

const nothing: Answer = { value: {}, binary: Buffer.alloc(0) };
