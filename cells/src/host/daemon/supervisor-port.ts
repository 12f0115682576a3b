/**
 * The daemon's end of a sandbox's pipes, and the place where controllers come and go:
 *
 *     booting ──HELLO──▶ alone ◀──attach, cut, connection lost──▶ attached
 *        any ──end of output, broken framing, close()──▶ closed
 *
 * What it does to the bytes is in ../wire/link-protocol.ts. It reads the pipe only while somebody takes what
 * is read.
 */
import type { Readable, Writable } from 'node:stream';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { SandboxExit } from '../../sandbox/driver.ts';
import {
  decodeEnvelope,
  encodeEnvelope,
  FrameSplitter,
  flagError,
  frameHeader,
  frameType,
  malformed,
  readFrame,
  readU64,
  renumber,
} from '../../sandbox/link/frames.ts';
import { Greeting } from '../../sandbox/link/greeting.ts';
import {
  type Keepsake,
  type Restored,
  restoredFrame,
  type Waking,
  wakingFrame,
} from '../../sandbox/link/keepsake.ts';
import { Notes } from '../../sandbox/link/notes.ts';
import { helloSchema } from '../../sandbox/link/schemas.ts';
import type { LinkStreams } from '../../sandbox/link/stdio-link.ts';
import type { Hello, KernelExit } from '../../sandbox/link/supervisor-link.ts';
import { Attachment, type Wire } from './attachment.ts';
import { explainState } from './explain-state.ts';
import { HeldFrames } from './held-frames.ts';

export class SupervisorPort {
  readonly #input: Writable;
  readonly #output: Readable;
  readonly #explain: (exit: KernelExit) => KernelExit;
  readonly #splitter = new FrameSplitter();
  readonly #greeting = new Greeting();
  readonly #held = new HeldFrames();
  #notes: Notes;
  #attachment: Attachment | null = null;
  #attachments: number;
  #sentSeq: number;
  #lastSeq: number;
  #isQuiet = false;
  /** The newest; another is awaited where the greeting has none. */
  #hello: Hello | null = null;
  #closed = false;
  #onClosed: () => void = () => {};

  constructor({ input, output }: LinkStreams, explain: (exit: KernelExit) => KernelExit, waking?: Waking) {
    this.#input = input;
    this.#output = output;
    this.#explain = explain;
    const before = waking?.keepsake;
    this.#attachments = before?.attachments ?? 0;
    this.#sentSeq = before?.sentSeq ?? 0;
    this.#lastSeq = before?.heardSeq ?? 0;
    this.#notes = new Notes(before?.notes);
    if (before) new FrameSplitter().push(before.held, (bytes) => this.#held.add(readFrame(bytes).seq, bytes));
    output.on('data', (chunk: Buffer) => this.#fromSupervisor(chunk));
    for (const event of ['close', 'error', 'end']) output.once(event, () => this.close());
    input.on('error', () => this.close());
    input.on('drain', () => this.#attachment?.resume());
    if (waking) this.#say(wakingFrame(waking));
  }

  /** Output that no controller has acknowledged. */
  get heldBytes(): number {
    return this.#held.bytes;
  }

  get isAttached(): boolean {
    return this.#attachment !== null;
  }

  booted(signal: AbortSignal): Promise<Hello> {
    return this.#greeting.wait(signal);
  }

  /** Goes on after QUIESCE, if that is where it stands. Resolves when the supervisor has said HELLO again. */
  async wake(signal: AbortSignal): Promise<void> {
    this.#wakeUp();
    await this.#greeting.wait(signal);
  }

  /**
   * A claimed sandbox is told what it is now. Resolves when the supervisor has said HELLO again. To its owner's
   * controller it is a new one: what was noted when it was made ready is nothing to go on with.
   */
  async tell(restored: Restored, signal: AbortSignal): Promise<void> {
    this.#greeting.expectAnother();
    this.#say(restoredFrame(restored));
    this.#readOn();
    await this.#greeting.wait(signal);
    this.#attachments = 0;
    this.#notes = new Notes();
  }

  /** What the port after a restore goes on with. */
  keepsake(): Keepsake {
    const hello = this.#hello;
    if (!hello) throw gone();
    return {
      hello,
      ...{ sentSeq: this.#sentSeq, heardSeq: this.#lastSeq, attachments: Math.max(1, this.#attachments) },
      notes: this.#notes.all(),
      held: Buffer.concat([...this.#held.all()]),
    };
  }

  onClosed(listener: () => void): void {
    this.#onClosed = listener;
  }

  /** Connects a controller in place of whoever was. */
  attach(wire: Wire): void {
    const hello = this.#hello;
    if (this.#closed || !hello) throw gone();
    this.cut();
    // Whoever made it quiet is gone, and has not taken it away.
    this.#wakeUp();
    const attachment = new Attachment(wire, {
      frame: (bytes) => this.#fromController(bytes),
      drained: () => this.#readOn(),
      ended: () => this.#detached(attachment),
    });
    this.#attachment = attachment;
    this.#attachments += 1;
    attachment.greet({ hello, attachment: this.#attachments, notes: this.#notes.all() });
    for (const bytes of this.#held.all()) attachment.send(bytes);
    this.#readOn();
  }

  /** Ends the connection of whoever is attached; what it had not acknowledged is kept for the next. */
  cut(): void {
    const attachment = this.#attachment;
    this.#attachment = null;
    attachment?.destroy();
    this.#readOn();
  }

  /** The sandbox is gone, and why: the last word to whoever is attached. */
  finish(exit: SandboxExit): void {
    this.close();
    const payload = encodeEnvelope(exit);
    const header = frameHeader(frameType.exited, 0, this.#lastSeq + 1, payload.length);
    this.#attachment?.end(Buffer.concat([header, payload]));
    this.#attachment = null;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#greeting.fail(gone());
    this.#onClosed();
  }

  #fromSupervisor(chunk: Buffer): void {
    if (this.#closed) return;
    try {
      this.#attachment?.cork();
      this.#splitter.push(chunk, (bytes) => this.#hear(bytes));
    } catch {
      this.close();
    } finally {
      this.#attachment?.uncork();
    }
    this.#readOn();
  }

  #hear(bytes: Buffer): void {
    const frame = readFrame(bytes);
    if (frame.seq <= this.#lastSeq) throw malformed(`frame ${frame.seq} came after frame ${this.#lastSeq}`);
    this.#lastSeq = frame.seq;
    if (frame.type >= frameType.acknowledged && frame.type <= frameType.exited)
      throw malformed('a sandbox said what only its host may say');
    if (frame.type === frameType.quiesced) this.#isQuiet = true;
    if (frame.type === frameType.hello) {
      this.#isQuiet = false;
      const isFirst = this.#greeting.hello === null;
      this.#hello = helloSchema.parse(decodeEnvelope(frame.payload).value);
      this.#greeting.came(this.#hello);
      if (isFirst) return;
    }
    const told = frame.type === frameType.kernelState ? explainState(frame, this.#explain) : bytes;
    this.#held.add(frame.seq, told);
    this.#attachment?.send(told);
  }

  #wakeUp(): void {
    if (!this.#isQuiet || this.#closed) return;
    this.#greeting.expectAnother();
    this.#isQuiet = false;
    this.#say({ type: frameType.resume, payload: Buffer.alloc(0) });
    this.#readOn();
  }

  #say({ type, payload }: { type: number; payload: Buffer }): void {
    this.#input.write(Buffer.concat([frameHeader(type, 0, ++this.#sentSeq, payload.length), payload]));
  }

  #fromController(bytes: Buffer): void {
    const { type, flags, payload } = readFrame(bytes);
    if (type === frameType.acknowledged) {
      if (payload.length !== 8) throw malformed('an acknowledgement is 8 bytes');
      this.#held.acknowledge(readU64(payload, 0));
      this.#readOn();
      return;
    }
    if (type === frameType.note) {
      this.#notes.put(decodeEnvelope(payload).value);
      return;
    }
    if (type >= frameType.hello || (flags & flagError) !== 0)
      throw malformed(`frame type ${type} is not for a supervisor`);
    renumber(bytes, ++this.#sentSeq);
    if (!this.#input.write(bytes)) this.#attachment?.pause();
  }

  /** Reads the pipe while HELLO is awaited, or somebody takes what is read; otherwise leaves it full. */
  #readOn(): void {
    const isTaken = this.#attachment?.isReady && this.#held.bytes < limits.host.heldBytesMax;
    if (this.#greeting.hello === null || isTaken) this.#output.resume();
    else this.#output.pause();
  }

  #detached(attachment: Attachment | undefined): void {
    if (this.#attachment === attachment) this.cut();
  }
}

const gone = (): CellbookError =>
  new CellbookError('sandbox_unavailable', {
    doing: 'connecting to a sandbox',
    problem: 'it has ended',
    next: 'Try again: the workspace starts anew.',
  });
