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
import { assertNever } from '@cellbook/shared/assert-never.ts';
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { KernelId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { ZodType } from 'zod';
import type { SandboxExit } from '../driver.ts';
import { Emitter } from './emitter.ts';
import { FrameWriter } from './frame-writer.ts';
import { type Frame, FrameDecoder, frameType, malformed } from './frames.ts';
import { Greeting } from './greeting.ts';
import { checkKernelFrame } from './kernel-frame.ts';
import { firstRequest, firstStream, kernelNote, type Relay, Relayed, terminalNote } from './relay.ts';
import { readReport } from './reports.ts';
import { Requests } from './requests.ts';
import { kernelInfoSchema, kernelspecsSchema, runDoneSchema, surveySchema } from './schemas.ts';
import { StreamNames, StreamNumbers } from './stream-names.ts';
import type * as seam from './supervisor-link.ts';

const { requestMsMax, kernelStartMsMax } = limits.supervisorLink;

export interface LinkStreams {
  input: Writable;
  output: Readable;
}

export interface LinkOptions {
  /** May know more about a kernel's end than the inside of the sandbox does. */
  explain?: (exit: seam.KernelExit) => seam.KernelExit;
  /** Where a host daemon stands between this and the sandbox: what it said when it connected the two. */
  relay?: Relay;
}

export class StdioLink implements seam.SupervisorLink {
  readonly #output: Readable;
  readonly #writer: FrameWriter;
  readonly #requests: Requests;
  readonly #decoder = new FrameDecoder();
  readonly #events = new Emitter<seam.SupervisorEvents>();
  readonly #greeting = new Greeting();
  readonly #kernels: StreamNames<KernelId>;
  readonly #terminals: StreamNames<string>;
  readonly #explain: (exit: seam.KernelExit) => seam.KernelExit;
  readonly #relayed: Relayed | null;
  #closed: CellbookError | null = null;
  #broken = false;

  constructor(streams: LinkStreams, clock: Clock, { explain = (exit) => exit, relay }: LinkOptions = {}) {
    this.#explain = explain;
    const numbers = new StreamNumbers(relay && firstStream(relay));
    this.#kernels = new StreamNames('kernel', numbers);
    this.#terminals = new StreamNames('terminal', numbers);
    this.#output = streams.output;
    this.#writer = new FrameWriter(streams.input);
    this.#requests = new Requests(this.#writer, clock, relay && firstRequest(relay));
    this.#relayed = relay ? new Relayed(relay, this.#writer) : null;
    this.#relayed?.restore(this.#kernels, this.#terminals);
    if (relay) this.#greeting.came(relay.hello);
    streams.output.on('data', (chunk: Buffer) => this.#receive(chunk));
    for (const event of ['close', 'error', 'end'])
      streams.output.once(event, () => this.#close(gone('the sandbox ended')));
    streams.input.on('error', () => this.#close(gone('the sandbox takes no more input')));
  }

  get hello(): seam.Hello {
    const { hello } = this.#greeting;
    if (!hello) throw gone('the supervisor has not said HELLO');
    return hello;
  }

  get inherited(): seam.Inherited | null {
    return this.#relayed?.inherited ?? null;
  }

  /** How the sandbox ended, where the daemon said so; null while it has not. */
  get exit(): SandboxExit | null {
    return this.#relayed?.exit ?? null;
  }

  /** True when it was closed because the sandbox said what it may not. */
  get isBroken(): boolean {
    return this.#broken;
  }

  waitForHello(signal: AbortSignal): Promise<seam.Hello> {
    return this.#greeting.wait(signal);
  }

  on<Name extends keyof seam.SupervisorEvents>(
    name: Name,
    listener: seam.SupervisorEvents[Name],
  ): () => void {
    return this.#events.on(name, listener);
  }

  async listKernelspecs(): Promise<Record<string, seam.KernelspecEntry>> {
    return parsed(kernelspecsSchema, (await this.#ask('listKernelspecs', {})).value);
  }

  async readKernelspecResource(kernelspec: string, file: string): Promise<Buffer> {
    return (await this.#ask('readKernelspecResource', { kernelspec, file })).binary;
  }

  async setEnvironment(environment: Readonly<Record<string, string>>): Promise<void> {
    await this.#ask('setEnvironment', { environment });
  }

  async takeOver(): Promise<seam.Survey> {
    this.#output.resume();
    const asked = this.#writer.countsNow();
    const survey = parsed(surveySchema, (await this.#ask('survey', {})).value);
    for (const { stream, receivedBytes, acceptedBytes } of [...survey.kernels, ...survey.terminals])
      this.#writer.restore(stream, receivedBytes, acceptedBytes, asked.get(stream) ?? 0);
    const streams = new Set([...survey.kernels, ...survey.terminals].map(({ stream }) => stream));
    for (const names of [this.#kernels, this.#terminals])
      for (const stream of names.streams()) if (!streams.has(stream)) this.#forget(names, stream);
    return survey;
  }

  remember(key: string, value: unknown): void {
    this.#relayed?.remember(key, value);
  }

  async startKernel(start: seam.KernelStart): Promise<seam.KernelInfo> {
    const stream = this.#kernels.open(start.kernelId);
    this.remember(kernelNote(stream), start.kernelId);
    try {
      const answer = await this.#ask('startKernel', { ...start, stream }, kernelStartMsMax);
      return parsed(kernelInfoSchema, answer.value);
    } catch (error) {
      this.#forget(this.#kernels, stream);
      throw error;
    }
  }

  async interruptKernel(kernelId: KernelId): Promise<void> {
    await this.#ask('interruptKernel', { kernelId });
  }

  async restartKernel(kernelId: KernelId): Promise<seam.KernelInfo> {
    return parsed(kernelInfoSchema, (await this.#ask('restartKernel', { kernelId }, kernelStartMsMax)).value);
  }

  async shutdownKernel(kernelId: KernelId): Promise<void> {
    await this.#ask('shutdownKernel', { kernelId });
    const stream = this.#kernels.find(kernelId);
    if (stream !== undefined) this.#forget(this.#kernels, stream);
  }

  sendKernelMessage(kernelId: KernelId, frame: Uint8Array): boolean {
    const stream = this.#kernels.get(kernelId);
    const channel = checkKernelFrame(frame);
    const mayContinue = this.#writer.send(frameType.kernelInput, stream, frame);
    // stdin and control must get through to a kernel whose shell is full, so they are never held back
    return channel === 'shell' ? mayContinue : true;
  }

  drained(kernelId?: KernelId): Promise<void> {
    return this.#writer.drained(kernelId === undefined ? undefined : this.#kernels.find(kernelId));
  }

  async openTerminal(options: Parameters<seam.SupervisorLink['openTerminal']>[0]): Promise<void> {
    const stream = this.#terminals.open(options.name);
    this.remember(terminalNote(stream), { name: options.name, directory: options.directory });
    try {
      await this.#ask('openTerminal', { ...options, stream });
    } catch (error) {
      this.#forget(this.#terminals, stream);
      throw error;
    }
  }

  writeTerminal(name: string, data: Uint8Array): boolean {
    return this.#writer.send(frameType.terminalInput, this.#terminals.get(name), data);
  }

  resizeTerminal(name: string, columns: number, rows: number): void {
    const stream = this.#terminals.find(name);
    if (stream !== undefined) this.#ask('resizeTerminal', { stream, columns, rows }).catch(() => undefined);
  }

  async closeTerminal(name: string): Promise<void> {
    const stream = this.#terminals.find(name);
    if (stream !== undefined) await this.#ask('closeTerminal', { stream });
  }

  async run(command: seam.RunCommand): Promise<seam.RunResult> {
    const { stdin, ...params } = command;
    const { value, binary } = await this.#ask('run', params, command.timeoutMs + requestMsMax, stdin);
    const { exitCode, stdoutBytes, stderrBytes } = parsed(runDoneSchema, value);
    if (stdoutBytes + stderrBytes !== binary.length)
      throw malformed("a command's output sizes do not add up");
    return { exitCode, stdout: binary.subarray(0, stdoutBytes), stderr: binary.subarray(stdoutBytes) };
  }

  async quiesce(): Promise<void> {
    if (this.#closed) throw this.#closed;
    await this.#requests.sendFrame(frameType.quiesce, Buffer.alloc(0), requestMsMax, 'quiescing a sandbox');
  }

  resume(signal: AbortSignal): Promise<seam.Hello> {
    this.#greeting.expectAnother();
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
      this.#relayed?.acknowledge(this.#decoder.lastSeq);
    } catch (cause) {
      this.#broken = true;
      this.#close(gone('its supervisor broke the protocol', cause));
    }
  }

  #handle(frame: Frame): void {
    const report = readReport(frame);
    switch (report.kind) {
      case 'kernelOutput': {
        const kernelId = this.#kernels.nameOf(frame.stream);
        if (kernelId) this.#events.emit('kernelMessage', kernelId, report.frame, report.seq);
        return;
      }
      case 'terminalOutput': {
        const name = this.#terminals.nameOf(frame.stream);
        if (name !== undefined) this.#events.emit('terminalOutput', name, report.data);
        return;
      }
      case 'accepted':
        this.#writer.accepted(frame.stream, report.bytes);
        return;
      case 'answer':
        this.#requests.answer(frame);
        return;
      case 'hello':
        this.#greeting.came(report.hello);
        return;
      case 'kernelState': {
        const exit = report.exit && this.#explain(report.exit);
        const known = this.#kernels.find(report.kernelId) === frame.stream;
        if (known) this.#events.emit('kernelState', report.kernelId, report.state, exit);
        return;
      }
      case 'terminalExit': {
        const name = this.#terminals.nameOf(frame.stream);
        this.#forget(this.#terminals, frame.stream);
        if (name !== undefined) this.#events.emit('terminalExit', name);
        return;
      }
      case 'exited':
        this.#relayed?.ended(report.exit);
        this.#close(gone('the sandbox ended'));
        return;
      case 'heartbeat':
        this.#events.emit('heartbeat', report.heartbeat);
        return;
      default:
        assertNever(report);
    }
  }

  #forget(names: StreamNames<KernelId> | StreamNames<string>, stream: number): void {
    names.close(stream);
    this.#writer.forget(stream);
    this.remember(kernelNote(stream), null);
    this.remember(terminalNote(stream), null);
  }

  #close(reason: CellbookError): void {
    if (this.#closed) return;
    this.#closed = reason;
    this.#writer.close();
    this.#requests.failAll(reason);
    this.#greeting.fail(reason);
    this.#events.emit('closed');
  }
}

function gone(problem: string, cause?: unknown): CellbookError {
  const next = 'Try again: the workspace starts anew.';
  return new CellbookError('sandbox_unavailable', { doing: 'talking to a sandbox', problem, next, cause });
}

/** What the inside of a sandbox answered, or `malformed_frame`. */
function parsed<T>(schema: ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (!result.success) throw malformed('the answer has not the agreed form');
  return result.data;
}
