/**
 * The two pipes of a link: frames out with their numbers, frames in with theirs, requests and their answers.
 *
 *     connecting --HELLO--> open <--quiesce(), resume()--> quiet
 *        any --end of output, malformed frame, close()--> closed
 *
 * One that goes on where another stopped may hear something before anybody listens: what comes before
 * `hear()` is kept, and reading stops meanwhile.
 */
import type { Readable } from 'node:stream';
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { FrameWriter } from './frame-writer.ts';
import { type Frame, FrameDecoder, frameType } from './frames.ts';
import { Greeting } from './greeting.ts';
import { type Answer, Requests } from './requests.ts';
import type { LinkStreams } from './stdio-link.ts';
import type { Hello } from './supervisor-link.ts';

const { requestMsMax } = limits.supervisorLink;

export interface ConnectionStart {
  firstRequest: number;
  /** The newest numbers of both sides, where others have talked over this link before. */
  sentSeq: number;
  heardSeq: number;
  /** True when nobody listens yet. */
  isHeld: boolean;
}

export interface ConnectionEvents {
  /** Throws for what is malformed; the link then ends. */
  frame(frame: Frame): void;
  /** Everything up to this number has been handled. */
  handled(seq: number): void;
  closed(): void;
}

export class LinkConnection {
  readonly writer: FrameWriter;
  readonly greeting = new Greeting();
  readonly requests: Requests;
  readonly #output: Readable;
  readonly #decoder: FrameDecoder;
  readonly #events: ConnectionEvents;
  #early: Frame[] | null;
  #isQuiet = false;
  #closed: CellbookError | null = null;
  #broken = false;

  constructor(streams: LinkStreams, clock: Clock, start: ConnectionStart, events: ConnectionEvents) {
    this.#output = streams.output;
    this.#events = events;
    this.#early = start.isHeld ? [] : null;
    this.writer = new FrameWriter(streams.input, start.sentSeq);
    this.requests = new Requests(this.writer, clock, start.firstRequest);
    this.#decoder = new FrameDecoder(start.heardSeq);
    streams.output.on('data', (chunk: Buffer) => this.#receive(chunk));
    for (const event of ['close', 'error', 'end'])
      streams.output.once(event, () => this.end('the sandbox ended'));
    streams.input.on('error', () => this.end('the sandbox takes no more input'));
  }

  get hello(): Hello {
    const { hello } = this.greeting;
    if (!hello) throw gone('the supervisor has not said HELLO');
    return hello;
  }

  get heardSeq(): number {
    return this.#decoder.lastSeq;
  }

  /** True when it was closed because the sandbox said what it may not. */
  get isBroken(): boolean {
    return this.#broken;
  }

  async ask(method: string, params: object, deadlineMs: number = requestMsMax, binary?: Uint8Array) {
    this.#assertOpen();
    return this.requests.ask(method, params, deadlineMs, binary);
  }

  /** Input for a kernel or terminal. Throws `sandbox_unavailable` while it is quiet. */
  input(type: number, stream: number, payload: Uint8Array): boolean {
    if (this.#isQuiet) this.#assertOpen();
    return this.writer.send(type, stream, payload);
  }

  /** What is sent between QUIESCE and RESUME would be lost with the pipe. */
  async quiesce(): Promise<Answer> {
    if (this.#closed) throw this.#closed;
    this.#isQuiet = true;
    return this.requests.sendFrame(frameType.quiesce, Buffer.alloc(0), requestMsMax, 'quiescing a sandbox');
  }

  resume(signal: AbortSignal): Promise<Hello> {
    this.#isQuiet = false;
    return this.greetAgain({ type: frameType.resume, payload: Buffer.alloc(0) }, signal);
  }

  /** Says what is answered by another HELLO. */
  greetAgain(frame: { type: number; payload: Buffer }, signal: AbortSignal): Promise<Hello> {
    this.greeting.expectAnother();
    this.say(frame);
    return this.greeting.wait(signal);
  }

  say({ type, payload }: { type: number; payload: Buffer }): void {
    this.writer.send(type, 0, payload);
  }

  /** From now on somebody listens; what has come already is heard first. */
  hear(): void {
    const early = this.#early ?? [];
    this.#early = null;
    this.#guard(() => early.forEach((frame) => void this.#events.frame(frame)));
    this.#output.resume();
  }

  pause(): () => void {
    this.#output.pause();
    return () => void this.#output.resume();
  }

  /** Gives the link up: everything waiting is refused, `closed` follows once. */
  end(problem: string, cause?: unknown): void {
    if (this.#closed) return;
    this.#closed = gone(problem, cause);
    this.writer.close();
    this.requests.failAll(this.#closed);
    this.greeting.fail(this.#closed);
    this.#events.closed();
  }

  #assertOpen(): void {
    if (this.#closed) throw this.#closed;
    if (this.#isQuiet) throw gone('it is being suspended, and hears nothing more');
  }

  #receive(chunk: Buffer): void {
    if (this.#closed) return;
    this.#guard(() => {
      this.#decoder.push(chunk, (frame) => this.#take(frame));
      this.#events.handled(this.#decoder.lastSeq);
    });
  }

  #take(frame: Frame): void {
    if (!this.#early || frame.type === frameType.hello) this.#events.frame(frame);
    else this.#early.push(frame);
    if (this.#early && this.greeting.hello) this.#output.pause();
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (cause) {
      this.#broken = true;
      this.end('its supervisor broke the protocol', cause);
    }
  }
}

function gone(problem: string, cause?: unknown): CellbookError {
  const next = 'Try again: the workspace starts anew.';
  return new CellbookError('sandbox_unavailable', { doing: 'talking to a sandbox', problem, next, cause });
}
