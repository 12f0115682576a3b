/**
 * The cell's end of the link over a child's stdin and stdout.
 *
 *     connecting --HELLO--> open --end of output, malformed frame, close()--> closed
 *
 * Requests are answered by id and each has a deadline. Input to kernels and terminals is counted per stream:
 * the supervisor says what it has taken (ACCEPTED), and a stream with more than its window on the way is
 * full, so that a kernel that does not read costs a bounded amount and delays no other.
 */
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { KernelId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { Emitter } from './emitter.ts';
import { FrameWriter } from './frame-writer.ts';
import { decodeEnvelope, type Frame, FrameDecoder, frameType, malformed, readU64 } from './frames.ts';
import { checkKernelFrame } from './kernel-frame.ts';
import { Requests } from './requests.ts';
import * as schemas from './schemas.ts';
import type * as seam from './supervisor-link.ts';

const protocol = 1;
const { requestMsMax, kernelStartMsMax } = limits.supervisorLink;

export interface LinkStreams {
  input: Writable;
  output: Readable;
}

export class StdioLink implements seam.SupervisorLink {
  readonly #writer: FrameWriter;
  readonly #requests: Requests;
  readonly #output: Readable;
  readonly #decoder = new FrameDecoder();
  readonly #events = new Emitter<seam.SupervisorEvents>();
  readonly #kernelStreams = new Map<KernelId, number>();
  readonly #kernelIds = new Map<number, KernelId>();
  readonly #terminalStreams = new Map<string, number>();
  readonly #terminalNames = new Map<number, string>();
  #nextStream = 1;
  #hello: seam.Hello | null = null;
  #helloWaiters: Array<(hello: seam.Hello | CellbookError) => void> = [];
  #closed: CellbookError | null = null;

  constructor(streams: LinkStreams, clock: Clock) {
    this.#writer = new FrameWriter(streams.input);
    this.#requests = new Requests(this.#writer, clock);
    this.#output = streams.output;
    streams.output.on('data', (chunk: Buffer) => this.#receive(chunk));
    streams.output.once('close', () => this.#close(gone('the sandbox ended')));
    streams.output.once('error', () => this.#close(gone('the sandbox ended')));
    streams.input.once('error', () => this.#close(gone('the sandbox takes no more input')));
  }

  get hello(): seam.Hello {
    if (!this.#hello) throw gone('the supervisor has not said HELLO');
    return this.#hello;
  }

  /** Resolves with the next HELLO (or the one that came already). */
  async waitForHello(signal: AbortSignal): Promise<seam.Hello> {
    if (this.#hello) return this.#hello;
    if (this.#closed) throw this.#closed;
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(gone('no HELLO came in time', signal.reason));
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      this.#helloWaiters.push((outcome) => {
        signal.removeEventListener('abort', onAbort);
        if (outcome instanceof CellbookError) reject(outcome);
        else resolve(outcome);
      });
    });
  }

  on<Name extends keyof seam.SupervisorEvents>(
    name: Name,
    listener: seam.SupervisorEvents[Name],
  ): () => void {
    return this.#events.on(name, listener);
  }

  async listKernelspecs(): Promise<Record<string, seam.KernelspecEntry>> {
    return schemas.kernelspecsSchema.parse((await this.#ask('listKernelspecs', {})).value);
  }

  async readKernelspecResource(kernelspec: string, file: string): Promise<Buffer> {
    return (await this.#ask('readKernelspecResource', { kernelspec, file })).binary;
  }

  async startKernel(start: seam.KernelStart): Promise<seam.KernelInfo> {
    if (this.#kernelStreams.has(start.kernelId)) throw alreadyThere('kernel', start.kernelId);
    const stream = this.#nextStream++;
    this.#kernelStreams.set(start.kernelId, stream);
    this.#kernelIds.set(stream, start.kernelId);
    try {
      const answer = await this.#ask('startKernel', { ...start, stream }, kernelStartMsMax);
      return schemas.kernelInfoSchema.parse(answer.value);
    } catch (error) {
      this.#forgetKernel(start.kernelId);
      throw error;
    }
  }

  async interruptKernel(kernelId: KernelId): Promise<void> {
    await this.#ask('interruptKernel', { kernelId });
  }

  async restartKernel(kernelId: KernelId): Promise<seam.KernelInfo> {
    const answer = await this.#ask('restartKernel', { kernelId }, kernelStartMsMax);
    return schemas.kernelInfoSchema.parse(answer.value);
  }

  async shutdownKernel(kernelId: KernelId): Promise<void> {
    await this.#ask('shutdownKernel', { kernelId });
    this.#forgetKernel(kernelId);
  }

  sendKernelMessage(kernelId: KernelId, frame: Uint8Array): boolean {
    const stream = this.#kernelStreams.get(kernelId);
    if (stream === undefined) throw noSuch('kernel', kernelId);
    const channel = checkKernelFrame(frame);
    // stdin and control must get through to a kernel whose shell is full, so they are never held back
    const mayContinue = this.#writer.send(frameType.kernelInput, stream, frame);
    return channel === 'shell' ? mayContinue : true;
  }

  drained(kernelId?: KernelId): Promise<void> {
    return this.#writer.drained(kernelId === undefined ? undefined : this.#kernelStreams.get(kernelId));
  }

  async openTerminal(options: Parameters<seam.SupervisorLink['openTerminal']>[0]): Promise<void> {
    if (this.#terminalStreams.has(options.name)) throw alreadyThere('terminal', options.name);
    const stream = this.#nextStream++;
    this.#terminalStreams.set(options.name, stream);
    this.#terminalNames.set(stream, options.name);
    try {
      await this.#ask('openTerminal', { ...options, stream });
    } catch (error) {
      this.#forgetTerminal(stream);
      throw error;
    }
  }

  writeTerminal(name: string, data: Uint8Array): boolean {
    const stream = this.#terminalStreams.get(name);
    if (stream === undefined) throw noSuch('terminal', name);
    return this.#writer.send(frameType.terminalInput, stream, data);
  }

  resizeTerminal(name: string, columns: number, rows: number): void {
    const stream = this.#terminalStreams.get(name);
    if (stream !== undefined) this.#ask('resizeTerminal', { stream, columns, rows }).catch(() => undefined);
  }

  async closeTerminal(name: string): Promise<void> {
    const stream = this.#terminalStreams.get(name);
    if (stream !== undefined) await this.#ask('closeTerminal', { stream });
  }

  async run(command: seam.RunCommand): Promise<seam.RunResult> {
    const { stdin, ...params } = command;
    const answer = await this.#ask('run', params, command.timeoutMs + requestMsMax, stdin);
    const done = schemas.runDoneSchema.parse(answer.value);
    if (done.stdoutBytes + done.stderrBytes !== answer.binary.length)
      throw malformed("a run's sizes do not add up");
    const stdout = answer.binary.subarray(0, done.stdoutBytes);
    return { exitCode: done.exitCode, stdout, stderr: answer.binary.subarray(done.stdoutBytes) };
  }

  async quiesce(): Promise<void> {
    await this.#requests.sendFrame(frameType.quiesce, Buffer.alloc(0), requestMsMax, 'quiescing');
  }

  async resume(signal: AbortSignal): Promise<seam.Hello> {
    this.#hello = null;
    this.#writer.send(frameType.resume, 0, Buffer.alloc(0));
    return this.waitForHello(signal);
  }

  holdOutput(): () => void {
    this.#output.pause();
    return () => void this.#output.resume();
  }

  /** Gives up the link: everything waiting is refused, `closed` is emitted once. */
  close(): void {
    this.#close(gone('the link was closed'));
  }

  async #ask(method: string, params: object, deadlineMs: number = requestMsMax, binary?: Uint8Array) {
    if (this.#closed) throw this.#closed;
    return this.#requests.ask(method, params, deadlineMs, binary);
  }

  #receive(chunk: Buffer): void {
    if (this.#closed) return;
    try {
      this.#decoder.push(chunk, (frame) => this.#handle(frame));
    } catch (cause) {
      this.#close(cause instanceof CellbookError ? cause : gone('its supervisor broke the protocol', cause));
    }
  }

  #handle(frame: Frame): void {
    switch (frame.type) {
      case frameType.kernelOutput: {
        const kernelId = this.#kernelIds.get(frame.stream);
        if (frame.payload.length < 8) throw malformed('a kernel message without its sequence number');
        if (kernelId)
          this.#events.emit('kernelMessage', kernelId, frame.payload.subarray(8), readU64(frame.payload, 0));
        return;
      }
      case frameType.terminalOutput: {
        const name = this.#terminalNames.get(frame.stream);
        if (name !== undefined) this.#events.emit('terminalOutput', name, frame.payload);
        return;
      }
      case frameType.accepted:
        if (frame.payload.length !== 8) throw malformed('a count of accepted bytes is 8 bytes');
        this.#writer.accepted(frame.stream, readU64(frame.payload, 0));
        return;
      case frameType.response:
      case frameType.quiesced:
        this.#requests.answer(frame);
        return;
      default:
        this.#report(frame);
    }
  }

  #report(frame: Frame): void {
    const { value } = frame.type === frameType.terminalExit ? { value: null } : decodeEnvelope(frame.payload);
    switch (frame.type) {
      case frameType.hello:
        this.#greeted(schemas.helloSchema.parse(value));
        return;
      case frameType.kernelState: {
        const { kernelId, state, exit } = schemas.kernelStateReportSchema.parse(value);
        if (this.#kernelStreams.has(kernelId)) this.#events.emit('kernelState', kernelId, state, exit);
        return;
      }
      case frameType.terminalExit: {
        const name = this.#terminalNames.get(frame.stream);
        this.#forgetTerminal(frame.stream);
        if (name !== undefined) this.#events.emit('terminalExit', name);
        return;
      }
      case frameType.heartbeat:
        this.#events.emit('heartbeat', schemas.heartbeatSchema.parse(value));
        return;
      case frameType.protocolError:
        throw malformed('the supervisor could not read what the cell sent');
      default:
        throw malformed(`frame type ${frame.type} is not for the cell`);
    }
  }

  #greeted(hello: seam.Hello): void {
    if (hello.protoMin > protocol || hello.protoMax < protocol)
      throw malformed(
        `the supervisor speaks protocols ${hello.protoMin} to ${hello.protoMax}, not ${protocol}`,
      );
    this.#hello = hello;
    for (const waiter of this.#helloWaiters.splice(0)) waiter(hello);
  }

  #forgetKernel(kernelId: KernelId): void {
    const stream = this.#kernelStreams.get(kernelId);
    this.#kernelStreams.delete(kernelId);
    if (stream === undefined) return;
    this.#kernelIds.delete(stream);
    this.#writer.forget(stream);
  }

  #forgetTerminal(stream: number): void {
    const name = this.#terminalNames.get(stream);
    if (name !== undefined) this.#terminalStreams.delete(name);
    this.#terminalNames.delete(stream);
    this.#writer.forget(stream);
  }

  #close(reason: CellbookError): void {
    if (this.#closed) return;
    this.#closed = reason;
    this.#writer.close();
    this.#requests.failAll(reason);
    for (const waiter of this.#helloWaiters.splice(0)) waiter(reason);
    this.#events.emit('closed');
  }
}

function gone(problem: string, cause?: unknown): CellbookError {
  const next = 'Try again: the workspace starts anew.';
  return new CellbookError('sandbox_unavailable', { doing: 'talking to a sandbox', problem, next, cause });
}

function alreadyThere(what: string, id: string): CellbookError {
  const problem = 'the sandbox already has one of this name';
  return new CellbookError('already_exists', {
    doing: `starting ${what} ${id}`,
    problem,
    ids: { [what]: id },
  });
}

function noSuch(what: string, id: string): CellbookError {
  const problem = 'the sandbox has none of this name';
  return new CellbookError('not_found', { doing: `writing to ${what} ${id}`, problem, ids: { [what]: id } });
}
