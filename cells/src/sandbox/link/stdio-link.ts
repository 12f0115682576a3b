/**
 * The cell's end of the link over a child's stdin and stdout.
 *
 * Requests are answered by id and each has a deadline. Input to kernels and terminals is counted per stream:
 * the supervisor says what it has taken (ACCEPTED), and a stream with more than its window on the way is
 * full, so that a kernel that does not read costs a bounded amount and delays no other.
 */
import type { Readable, Writable } from 'node:stream';
import { assertNever } from '@cellbook/shared/assert-never.ts';
import type { Clock } from '@cellbook/shared/clock.ts';
import type { KernelId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { SandboxExit } from '../driver.ts';
import { Emitter } from './emitter.ts';
import { encodeEnvelope, type Frame, frameType } from './frames.ts';
import { type Keepsake, type Restored, restoredFrame, type Waking, wakingFrame } from './keepsake.ts';
import { checkKernelFrame } from './kernel-frame.ts';
import { LinkConnection } from './link-connection.ts';
import { Notes } from './notes.ts';
import { parsed, Questions } from './questions.ts';
import {
  acknowledge,
  beginning,
  firstRequest,
  firstStream,
  kernelNote,
  type Relay,
  Succession,
  terminalNote,
} from './relay.ts';
import { readReport } from './reports.ts';
import { kernelInfoSchema, surveySchema } from './schemas.ts';
import { StreamNames, StreamNumbers } from './stream-names.ts';
import type * as seam from './supervisor-link.ts';

const { kernelStartMsMax } = limits.supervisorLink;

export interface LinkStreams {
  input: Writable;
  output: Readable;
}

export interface LinkOptions {
  /** May know more about a kernel's end than the inside of the sandbox does. */
  explain?: (exit: seam.KernelExit) => seam.KernelExit;
  /** Where a host daemon stands between this and the sandbox: what it said when it connected the two. */
  relay?: Relay;
  /** Where the sandbox was restored: what the connection before left, and what the supervisor is told. */
  waking?: Waking;
}

export class StdioLink implements seam.SupervisorLink {
  readonly #connection: LinkConnection;
  readonly #questions: Questions;
  readonly #events = new Emitter<seam.SupervisorEvents>();
  readonly #kernels: StreamNames<KernelId>;
  readonly #terminals: StreamNames<string>;
  readonly #explain: (exit: seam.KernelExit) => seam.KernelExit;
  readonly #succession: Succession;
  readonly #notes: Notes;
  readonly #attachment: number;
  #exit: SandboxExit | null = null;

  constructor(streams: LinkStreams, clock: Clock, options: LinkOptions = {}) {
    const { explain = (exit) => exit, relay, waking } = options;
    const { attachment, notes, isFirst } = beginning(relay, waking);
    this.#explain = explain;
    this.#attachment = attachment;
    this.#notes = new Notes(notes);
    const numbers = new StreamNumbers(isFirst ? 1 : firstStream(attachment));
    this.#kernels = new StreamNames('kernel', numbers);
    this.#terminals = new StreamNames('terminal', numbers);
    const { sentSeq = 0, heardSeq = 0 } = waking?.keepsake ?? {};
    const start = {
      ...{ sentSeq, heardSeq, isHeld: waking !== undefined },
      firstRequest: isFirst ? 1 : firstRequest(attachment),
    };
    this.#connection = new LinkConnection(streams, clock, start, {
      frame: (frame) => this.#handle(frame),
      handled: (seq) => void (relay && acknowledge(this.#connection.writer, seq)),
      closed: () => this.#events.emit('closed'),
    });
    this.#questions = new Questions(this.#connection);
    this.#succession = new Succession(attachment, notes, (note) => {
      if (relay) this.#connection.writer.send(frameType.note, 0, encodeEnvelope(note));
      else this.#notes.put(note);
    });
    this.#succession.restore(this.#kernels, this.#terminals);
    if (relay) this.#connection.greeting.came(relay.hello);
    if (waking) this.#connection.say(wakingFrame(waking));
  }

  get hello(): seam.Hello {
    return this.#connection.hello;
  }

  get inherited(): seam.Inherited | null {
    return this.#succession.inherited;
  }

  /** How the sandbox ended, where the daemon said so; null while it has not. */
  get exit(): SandboxExit | null {
    return this.#exit;
  }

  /** True when it was closed because the sandbox said what it may not. */
  get isBroken(): boolean {
    return this.#connection.isBroken;
  }

  waitForHello(signal: AbortSignal): Promise<seam.Hello> {
    return this.#connection.greeting.wait(signal);
  }

  /** For an image of the sandbox, once it is quiet. Its own notes only: a daemon's are the daemon's to keep. */
  keepsake(): Keepsake {
    const { hello, writer, heardSeq } = this.#connection;
    const { sentSeq } = writer;
    const notes = this.#notes.all();
    return { hello, sentSeq, heardSeq, attachments: this.#attachment, notes, held: Buffer.alloc(0) };
  }

  on<Name extends keyof seam.SupervisorEvents>(
    name: Name,
    listener: seam.SupervisorEvents[Name],
  ): () => void {
    return this.#events.on(name, listener);
  }

  listKernelspecs: seam.SupervisorLink['listKernelspecs'] = () => this.#questions.listKernelspecs();
  readKernelspecResource: seam.SupervisorLink['readKernelspecResource'] = (kernelspec, file) =>
    this.#questions.readKernelspecResource(kernelspec, file);
  setEnvironment: seam.SupervisorLink['setEnvironment'] = (environment) =>
    this.#questions.setEnvironment(environment);
  interruptKernel: seam.SupervisorLink['interruptKernel'] = (kernelId) =>
    this.#questions.interruptKernel(kernelId);
  restartKernel: seam.SupervisorLink['restartKernel'] = (kernelId) => this.#questions.restartKernel(kernelId);
  run: seam.SupervisorLink['run'] = (command) => this.#questions.run(command);

  async takeOver(): Promise<seam.Survey> {
    this.#connection.hear();
    const { writer } = this.#connection;
    const asked = writer.countsNow();
    const survey = parsed(surveySchema, (await this.#ask('survey', {})).value);
    for (const { stream, receivedBytes, acceptedBytes } of [...survey.kernels, ...survey.terminals])
      writer.restore(stream, receivedBytes, acceptedBytes, asked.get(stream) ?? 0);
    const streams = new Set([...survey.kernels, ...survey.terminals].map(({ stream }) => stream));
    for (const names of [this.#kernels, this.#terminals])
      for (const stream of names.streams()) if (!streams.has(stream)) this.#forget(names, stream);
    return survey;
  }

  remember(key: string, value: unknown): void {
    this.#succession.remember(key, value);
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

  async setAside(kernelId: KernelId, code: string): Promise<void> {
    await this.#ask('setAside', { kernelId, code }, kernelStartMsMax);
    this.#forget(this.#kernels, this.#kernels.get(kernelId));
  }

  async shutdownKernel(kernelId: KernelId): Promise<void> {
    await this.#ask('shutdownKernel', { kernelId });
    const stream = this.#kernels.find(kernelId);
    if (stream !== undefined) this.#forget(this.#kernels, stream);
  }

  sendKernelMessage(kernelId: KernelId, frame: Uint8Array): boolean {
    const stream = this.#kernels.get(kernelId);
    const channel = checkKernelFrame(frame);
    const mayContinue = this.#connection.input(frameType.kernelInput, stream, frame);
    // stdin and control must get through to a kernel whose shell is full, so they are never held back
    return channel === 'shell' ? mayContinue : true;
  }

  drained(kernelId?: KernelId): Promise<void> {
    const stream = kernelId === undefined ? undefined : this.#kernels.find(kernelId);
    return this.#connection.writer.drained(stream);
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
    return this.#connection.input(frameType.terminalInput, this.#terminals.get(name), data);
  }

  resizeTerminal(name: string, columns: number, rows: number): void {
    const stream = this.#terminals.find(name);
    if (stream !== undefined) this.#ask('resizeTerminal', { stream, columns, rows }).catch(() => undefined);
  }

  async closeTerminal(name: string): Promise<void> {
    const stream = this.#terminals.find(name);
    if (stream !== undefined) await this.#ask('closeTerminal', { stream });
  }

  async quiesce(): Promise<void> {
    await this.#connection.quiesce();
  }

  /** A claimed sandbox is told what it is now, as a restored one is. */
  tell(restored: Restored, signal: AbortSignal): Promise<seam.Hello> {
    return this.#connection.greetAgain(restoredFrame(restored), signal);
  }

  resume(signal: AbortSignal): Promise<seam.Hello> {
    return this.#connection.resume(signal);
  }

  holdOutput(): () => void {
    return this.#connection.pause();
  }

  /** Gives up the link: everything waiting is refused, `closed` is emitted once. */
  close(): void {
    this.#connection.end('the link was closed');
  }

  #ask(method: string, params: object, deadlineMs?: number, binary?: Uint8Array) {
    return this.#connection.ask(method, params, deadlineMs, binary);
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
        this.#connection.writer.accepted(frame.stream, report.bytes);
        return;
      case 'answer':
        this.#connection.requests.answer(frame);
        return;
      case 'hello':
        this.#connection.greeting.came(report.hello);
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
        this.#exit = report.exit;
        this.#connection.end('the sandbox ended');
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
    this.#connection.writer.forget(stream);
    this.remember(kernelNote(stream), null);
    this.remember(terminalNote(stream), null);
  }
}
