/**
 * One kernel, known by its id through every sandbox it runs in.
 *
 *     parked ──(a message that wakes, REST)──▶ starting ──(kernel_info answered)──▶ live
 *       ▲                                          │                                │  ▲
 *       ├────────── sandbox stops, kernel dies, start fails ◀─────────────────────── ┤  │ its memory came back
 *       └────────── its memory could not be kept ◀────────── asleep ◀──suspend───────┘──┘
 *
 * Asleep: its sandbox is being suspended, or kept as it is. Nothing is told to clients, what comes is held,
 * and what ran goes on when the sandbox is back.
 *
 * Parked: its sockets stay open, what can be is answered from what was recorded (parked.ts), the rest is
 * held (kernel-input.ts). When its memory is lost every client is told by status `restarting`: at that
 * moment, and not when it starts again, because JupyterLab drops the requests it has open when it hears it.
 * Starting again under the same id is then `starting` and `idle`.
 */
import type { CellbookError } from '@cellbook/shared/errors.ts';
import type { KernelId } from '@cellbook/shared/ids.ts';
import type { Inherited, KernelState, SupervisorLink } from '../../sandbox/link/supervisor-link.ts';
import type { ClientSocket } from '../channel/client-socket.ts';
import { KernelChannel } from '../channel/kernel-channel.ts';
import { decideParked, isActivity } from '../channel/parked.ts';
import type { PendingRequest } from '../channel/request-routes.ts';
import { type Header, readParent } from '../frames/message.ts';
import { part, type V1Frame } from '../frames/v1-frame.ts';
import { noSuchKernel } from '../refusals.ts';
import type { KernelRecord } from '../store/kernel-store.ts';
import { type ClientMessage, readClientMessage } from './client-message.ts';
import { type Death, explainKernelExit, explainLostMemory, suspended } from './death.ts';
import {
  clientNote,
  clientsOf,
  describeRequest,
  type NotedCell,
  requestNote,
  requestsOf,
} from './inherited.ts';
import type { KernelHost, LiveSandbox } from './kernel-host.ts';
import { type InputMessage, KernelInput } from './kernel-input.ts';
import { answerRequest, failRequest } from './replies.ts';

export class Kernel {
  readonly record: KernelRecord;
  readonly channel: KernelChannel;
  readonly #host: KernelHost;
  readonly #input: KernelInput;
  #state: KernelState;
  #live: LiveSandbox | null = null;
  #startedIn: LiveSandbox | null = null;
  #starting: Promise<SupervisorLink> | null = null;
  #isDeleted = false;
  /** Nothing may be sent: its sandbox is on its way to sleep, or sleeps. */
  #isAsleep = false;

  constructor(record: KernelRecord, host: KernelHost) {
    this.record = record;
    this.#host = host;
    this.#state = record.reason === null ? 'idle' : 'restarting';
    const observe = (frame: V1Frame, msgType: string) => this.#observe(frame, msgType);
    const { clock, compose, budget, metrics } = host;
    const dropped = (count: number) => metrics.outputDropped.inc(count);
    this.channel = new KernelChannel({ clock, compose, budget, observe, dropped });
    this.#input = new KernelInput({
      kernelId: record.id,
      linkNow: () => this.#awake?.link ?? null,
      ensureStarted: () => this.ensureStarted(),
      sending: (link, message) => this.#leaveNote(link, message),
      drained: () => this.#drained(),
      refuse: (message, error) => this.#refuse(message, error),
      setReading: (isReading) => this.#setReading(isReading),
    });
  }

  get id(): KernelId {
    return this.record.id;
  }

  get state(): KernelState {
    return this.#state;
  }

  get isLive(): boolean {
    return this.#live !== null;
  }

  get isBusy(): boolean {
    return this.#starting !== null || (this.#awake !== null && this.#state === 'busy');
  }

  get #awake(): LiveSandbox | null {
    return this.#isAsleep ? null : this.#live;
  }

  /** One message from a client's socket. Garbage is answered, never thrown. */
  receive(socket: ClientSocket, data: Buffer, isBinary: boolean): void {
    const message = readClientMessage(socket, data, isBinary);
    if ('problem' in message) {
      this.#tellMalformed(socket, message.problem);
      return;
    }
    const { frame, header } = message;
    const { requestId, traceparent } = socket;
    const { msgId, msgType } = header;
    this.#host.log.debug({ requestId, traceparent, kernelId: this.id, msgId, msgType }, 'kernel message');
    if (isActivity(header.msgType)) this.#noteActivity();
    const request = requestOf(socket.sessionId, message);
    if (!this.#awake && this.#input.heldCount === 0 && !this.#starting) {
      const decision = decideParked(frame, header, this.record.kernelInfo, this.#isAsleep);
      if (decision.kind === 'drop') return;
      if (decision.kind === 'answer') {
        answerRequest(this.channel, request, decision);
        return;
      }
    }
    this.#forward(frame, header, request);
  }

  /** Starts the kernel when it does not run, resuming the workspace; callers at once share one start. */
  ensureStarted(): Promise<SupervisorLink> {
    if (this.#isDeleted) return Promise.reject(noSuchKernel(this.id));
    if (this.#awake) return Promise.resolve(this.#awake.link);
    this.#starting ??= this.#start().finally(() => {
      this.#starting = null;
    });
    return this.#starting;
  }

  fromKernel(bytes: Buffer): void {
    this.channel.fromKernel(bytes);
  }

  /** Its process ended, or its whole sandbox did: says why where it was asked for, and parks. */
  died(death: Death): void {
    if (!this.#live && !this.#starting && !this.#isAsleep) return;
    this.#live = null;
    this.#isAsleep = false;
    this.record.reason = death.text;
    this.#host.metrics.kernelDeaths.inc({ cause: death.name });
    this.#input.takeHeld();
    const [running, ...queued] = this.channel.routes.takeAll();
    if (running) failRequest(this.channel, running, death);
    for (const request of queued) failRequest(this.channel, request, { ...death, aborted: true });
    this.#announce('restarting');
    this.#host.save(this.record);
  }

  /**
   * It runs in a sandbox that another controller started, or that slept: goes on as if it had been here all the
   * time. What this controller knows of a request itself is more than what was noted of it.
   */
  adopt(live: LiveSandbox, { notes }: Inherited): void {
    this.#live = live;
    this.#startedIn = live;
    this.#isAsleep = false;
    for (const sessionId of clientsOf(notes, this.id)) this.channel.expect(sessionId);
    for (const sessionId of this.channel.sessionIds())
      live.link.remember(clientNote(this.id, sessionId), true);
    for (const { msgId, request, cell } of requestsOf(notes, this.id)) {
      if (this.channel.routes.find(msgId)) continue;
      this.channel.expect(request.sessionId);
      this.channel.routes.note(msgId, request);
      if (cell) this.#host.follower.inherit(this, msgId, request.sessionId, cell);
    }
  }

  /** Its sandbox is about to sleep: from here on what clients say is held. */
  sleep(): void {
    this.#isAsleep = this.#live !== null;
  }

  /** It is not to sleep after all: what was held goes on its way. */
  stayed(): void {
    if (this.#live) this.#isAsleep = false;
  }

  /** Its sandbox sleeps, with this kernel's memory in it. */
  slept(): void {
    if (this.#isAsleep) this.#live = null;
  }

  /**
   * It slept, and the sandbox that came in its place does not have its memory. What was asked for meanwhile was
   * meant for that memory, and clients drop their requests at a restart: it is answered, and not run unseen.
   */
  forgotten(why?: string): void {
    if (this.#isAsleep) this.died(explainLostMemory(why));
  }

  /** What its sandbox says it is doing, after everything that it had said before. */
  surveyed(state: KernelState): void {
    if (state === 'dead') this.died(explainKernelExit(undefined));
    else if (this.#live) this.#state = state;
  }

  /** Its sandbox does not know it: its start was cut short. It starts at its next use, or for what waits for it. */
  notThere(): void {
    this.#startedIn = null;
    const held = this.#input.held;
    for (const { msgId } of held) this.channel.routes.forget(msgId);
    this.#park(new Set());
    for (const { msgId, request } of held) this.#expectAnswer(msgId, request);
  }

  /** A client's socket came: noted, so that a next controller keeps what it misses. */
  attach(socket: ClientSocket): void {
    this.channel.attach(socket);
    this.#live?.link.remember(clientNote(this.id, socket.sessionId), true);
  }

  /** Outputs of this request are in the notebook. */
  noteWritten(msgId: string, cell: NotedCell): void {
    const request = this.channel.routes.find(msgId);
    if (request) this.#live?.link.remember(requestNote(this.id, msgId), describeRequest(request, cell));
  }

  /**
   * Its sandbox stopped as planned. What came while that was under way was meant for its memory: as when it was
   * forgotten, it is answered, and not run unseen.
   */
  park(): void {
    if (!this.#live && !this.#isAsleep) return;
    this.#park(new Set(this.#input.takeHeld().map(({ request }) => request)));
  }

  #park(notRun: ReadonlySet<PendingRequest>): void {
    if (!this.#live && !this.#isAsleep) return;
    this.#live = null;
    this.#isAsleep = false;
    for (const request of this.channel.routes.takeAll())
      failRequest(this.channel, request, notRun.has(request) ? suspended.before : suspended.meanwhile);
    this.#announce('restarting');
    this.#state = 'idle';
    this.#host.save(this.record);
  }

  /** What waits for the kernel to start is given up; it has not run. */
  async interrupt(): Promise<void> {
    this.#noteActivity();
    const interrupted = { name: 'KeyboardInterrupt', text: 'It was interrupted before it ran.' };
    for (const { msgId, request } of this.#awake ? [] : this.#input.takeHeld()) {
      this.channel.routes.forget(msgId);
      failRequest(this.channel, request, interrupted);
    }
    // What ran when it fell asleep would go on: it is woken to be interrupted.
    const link = this.#isAsleep && this.#state === 'busy' ? await this.ensureStarted() : this.#awake?.link;
    await link?.interruptKernel(this.id);
  }

  /** A parked kernel has no memory to lose: its next start is the restart. */
  async restart(): Promise<void> {
    this.#noteActivity();
    if (this.#isAsleep) await this.ensureStarted();
    const live = this.#live;
    if (!live) return;
    const aborted = {
      name: 'KernelRestarted',
      text: 'The kernel was restarted while this ran.',
      aborted: true,
    };
    this.#input.takeHeld();
    for (const request of this.channel.routes.takeAll()) failRequest(this.channel, request, aborted);
    this.#state = 'restarting';
    this.record.kernelInfo = await live.link.restartKernel(this.id);
    this.#isUp();
  }

  async shutdown(): Promise<void> {
    this.#isDeleted = true;
    await this.#starting?.catch(() => {});
    // One that died is still known to the sandbox it died in.
    const live = this.#startedIn && this.#host.isCurrent(this.#startedIn) ? this.#startedIn : this.#live;
    this.#live = null;
    await live?.link.shutdownKernel(this.id).catch((thrown) => {
      // A sandbox on its way out takes the kernel with it; the client's wish is granted either way.
      this.#host.log.warn({ err: thrown, kernelId: this.id }, 'shutting a kernel down failed');
    });
    this.#announce('dead');
    this.channel.closeAll(1000, 'the kernel was shut down');
    this.channel.dispose();
  }

  async #start(): Promise<SupervisorLink> {
    const live = await this.#host.ensureLive();
    // Adopted while it was waited for: it runs, and is not to be started again.
    if (this.#live === live) return live.link;
    this.#announce('starting');
    try {
      const link = await this.#startIn(live);
      this.#host.metrics.kernelStarts.inc({ outcome: 'started' });
      return link;
    } catch (thrown) {
      this.#host.metrics.kernelStarts.inc({ outcome: 'failed' });
      this.#state = this.record.reason === null ? 'idle' : 'restarting';
      throw thrown;
    }
  }

  async #startIn(live: LiveSandbox): Promise<SupervisorLink> {
    const { id: kernelId, kernelspec, directory } = this.record;
    const environment = this.#host.environment(kernelId);
    // One that ended inside a sandbox that lives is still known there, and is started again by its id.
    this.record.kernelInfo =
      this.#startedIn === live
        ? await live.link.restartKernel(kernelId)
        : await live.link.startKernel({ kernelId, kernelspec, directory, environment });
    if (!this.#host.isCurrent(live)) return this.#start();
    this.#startedIn = live;
    this.#live = live;
    this.#isUp();
    return live.link;
  }

  #isUp(): void {
    for (const sessionId of this.channel.sessionIds())
      this.#live?.link.remember(clientNote(this.id, sessionId), true);
    this.record.reason = null;
    if (this.#state !== 'busy') this.#announce('idle');
    if (!this.#isDeleted) this.#host.save(this.record);
  }

  #forward(frame: V1Frame, header: Header, request: PendingRequest): void {
    if (header.msgType === 'execute_request')
      this.#host.follower.follow(this, frame, header.msgId, request.sessionId);
    this.#expectAnswer(header.msgId, request);
    this.#input.offer({ bytes: frame.bytes, msgId: header.msgId, request });
  }

  /** For the controller that may have to go on with it. */
  #leaveNote(link: SupervisorLink, { msgId, request }: InputMessage): void {
    if (request.msgType !== 'execute_request') return;
    const cell = this.#host.follower.cellOf(msgId);
    link.remember(requestNote(this.id, msgId), describeRequest(request, cell));
  }

  /** Only requests are answered: what a widget says without end must not push them out. */
  #expectAnswer(msgId: string, request: PendingRequest): void {
    if (request.msgType.endsWith('_request')) this.channel.routes.note(msgId, request);
  }

  #refuse({ msgId, request }: InputMessage, error: CellbookError): void {
    this.channel.routes.forget(msgId);
    const safe = this.#isAsleep ? 'It has not run, and no variable was touched' : 'It has not run';
    failRequest(this.channel, request, {
      name: error.code,
      text: [error.message, safe, error.next].filter(Boolean).join('. '),
    });
  }

  #tellMalformed(socket: ClientSocket, error: CellbookError): void {
    this.#host.log.info(
      { requestId: socket.requestId, kernelId: this.id, err: error },
      'refused a kernel message',
    );
    const content = { ename: error.code, evalue: error.message, traceback: [error.next ?? error.message] };
    this.channel.say({ channel: 'iopub', msgType: 'error', content }, socket.sessionId);
  }

  #noteActivity(): void {
    this.record.lastActivityMs = this.#host.clock.nowMs();
    this.#host.touch();
  }

  #announce(state: KernelState): void {
    this.#state = state;
    this.channel.say({ channel: 'iopub', msgType: 'status', content: { execution_state: state } });
  }

  /** The kernel's own statuses; those around what pages ask by themselves say nothing about its work. */
  #observe(frame: V1Frame, msgType: string): void {
    this.#host.follower.observe(this, frame, msgType);
    if (msgType !== 'status' || !this.#live) return;
    const content = frame.parts[part.content]!;
    if (content.includes('"idle"')) {
      this.#state = 'idle';
      const ended = readParent(frame)?.msgId;
      if (ended !== undefined) this.#live.link.remember(requestNote(this.id, ended), null);
    }
    if (content.includes('"busy"') && isActivity(readParent(frame)?.msgType ?? '')) this.#state = 'busy';
    this.record.lastActivityMs = this.#host.clock.nowMs();
  }

  #setReading(isReading: boolean): void {
    for (const socket of this.channel.sockets()) socket.setReading(isReading);
  }

  async #drained(): Promise<void> {
    const live = this.#live;
    if (live) await Promise.race([live.link.drained(this.id), live.lost]);
  }
}

function requestOf(sessionId: string, { frame, header }: ClientMessage): PendingRequest {
  // Copied, because a view would keep the whole message in memory until the reply.
  const headerBytes = Buffer.from(frame.parts[part.header]!);
  return { sessionId, channel: frame.channel, msgType: header.msgType, headerBytes };
}
