/**
 * Everything a kernel says goes through here to its clients. A message is numbered and logged, then each
 * client session is given what it has not had, in order: at once when its socket keeps up, from the log when
 * it is slow or away. iopub goes to all; replies go to the session that asked.
 *
 *     kernel ─▶ rate limit (stream and display output only) ─▶ log ─▶ cursor per client session ─▶ socket
 *
 * A session is named by the client (`session_id`). A second socket of the same name replaces the first, and
 * one that comes back continues at its cursor.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { type Compose, looseHeader, type OwnMessage, readParent } from '../frames/message.ts';
import { part, readV1Frame, type V1Frame } from '../frames/v1-frame.ts';
import type { ClientSocket } from './client-socket.ts';
import { type LogBudget, OutputLog } from './output-log.ts';
import { type Dropped, droppedNotice, droppingNotice, OutputRate } from './output-rate.ts';
import { continueFrom, cursorAfterClose, neededFrom } from './replay.ts';
import { RequestRoutes } from './request-routes.ts';

interface ClientSession {
  socket: ClientSocket | null;
  cursor: number;
  /** When its last socket went; meaningless while it has one. */
  leftMs: number;
}

/** Sees every message that is delivered, for the kernel's state and the notebook writer. */
export type Observer = (frame: V1Frame, msgType: string) => void;

export interface KernelChannelDeps {
  clock: Clock;
  compose: Compose;
  budget: LogBudget;
  observe: Observer;
  /** Told how many output messages were held back for good. */
  dropped(count: number): void;
}

const trimEvery = 64;

export class KernelChannel {
  readonly routes = new RequestRoutes();
  readonly #sessions = new Map<string, ClientSession>();
  readonly #log: OutputLog;
  readonly #rate = new OutputRate();
  readonly #deps: KernelChannelDeps;
  #sinceTrim = 0;

  constructor(deps: KernelChannelDeps) {
    this.#deps = deps;
    this.#log = new OutputLog(deps.budget);
  }

  get connections(): number {
    let count = 0;
    for (const session of this.#sessions.values()) if (session.socket) count += 1;
    return count;
  }

  hasClient(sessionId: string): boolean {
    return this.#sessions.get(sessionId)?.socket != null;
  }

  *sockets(): Iterable<ClientSocket> {
    for (const session of this.#sessions.values()) if (session.socket) yield session.socket;
  }

  attach(socket: ClientSocket): void {
    const known = this.#sessions.get(socket.sessionId);
    if (known?.socket) {
      const stale = known.socket;
      this.detach(stale);
      stale.close(1012, 'replaced by a newer connection of the same session');
    }
    const session = known ?? { socket: null, cursor: this.#log.endSeq, leftMs: 0 };
    // Re-inserted, so that the map's order is the order of use and the oldest goes first.
    this.#sessions.delete(socket.sessionId);
    this.#sessions.set(socket.sessionId, session);
    session.socket = socket;
    socket.onDrained = () => this.#deliver(session);
    this.#deliver(session);
    this.#forgetOldSessions();
  }

  /** A client of the controller before: what is said from here on waits for it, as if it had just left. */
  expect(sessionId: string): void {
    if (this.#sessions.has(sessionId)) return;
    const leftMs = this.#deps.clock.monotonicMs();
    this.#sessions.set(sessionId, { socket: null, cursor: this.#log.endSeq, leftMs });
    this.#forgetOldSessions();
  }

  sessionIds(): string[] {
    return [...this.#sessions.keys()];
  }

  detach(socket: ClientSocket): void {
    socket.isOpen = false;
    socket.onDrained = null;
    const session = this.#sessions.get(socket.sessionId);
    if (session?.socket !== socket) return;
    session.cursor = cursorAfterClose(session.cursor, socket.unsent);
    session.socket = null;
    session.leftMs = this.#deps.clock.monotonicMs();
  }

  /** A message from the kernel. Throws `malformed_frame` when the kernel's side sent garbage. */
  fromKernel(bytes: Buffer): void {
    const frame = readV1Frame(bytes);
    const msgType = looseHeader(frame.parts[part.header]!)?.msgType ?? '';
    if (frame.channel === 'iopub') {
      this.#iopub(frame, msgType);
      return;
    }
    const parent = readParent(frame);
    const asker = this.routes.askerOf(parent);
    if (parent && frame.channel !== 'stdin') this.routes.forget(parent.msgId);
    if (asker !== null && this.#sessions.has(asker)) this.publish(frame, asker, msgType);
    else this.#deps.observe(frame, msgType);
  }

  /** A message in the kernel's name, to all or to one session. */
  say(message: OwnMessage, target: string | null = null): void {
    this.publish(readV1Frame(this.#deps.compose(message)), target, message.msgType);
  }

  publish(frame: V1Frame, target: string | null, msgType: string): void {
    this.#deps.observe(frame, msgType);
    this.#log.append({ frame, target });
    for (const session of this.#sessions.values()) if (session.socket) this.#deliver(session);
    this.#sinceTrim += 1;
    if (this.#sinceTrim >= trimEvery || msgType === 'status') this.#trim();
  }

  /** Forgets sessions that have been away too long. */
  sweep(nowMs: number, awayMsMax: number): void {
    for (const [id, session] of this.#sessions)
      if (!session.socket && nowMs - session.leftMs > awayMsMax) this.#sessions.delete(id);
    this.#trim();
  }

  closeAll(code: number, reason: string): void {
    for (const socket of [...this.sockets()]) {
      this.detach(socket);
      socket.close(code, reason);
    }
  }

  /** Gives its memory back; the kernel is gone. */
  dispose(): void {
    this.#log.clear();
    this.#sessions.clear();
    this.routes.takeAll();
  }

  #iopub(frame: V1Frame, msgType: string): void {
    const admission = this.#rate.admit(msgType, frame.bytes.length, this.#deps.clock.monotonicMs());
    if (admission.kind === 'drop') {
      if (admission.first) this.#notice(frame, droppingNotice);
      return;
    }
    if (admission.resumed) this.#noteDropped(frame, admission.resumed);
    if (msgType === 'status' && isIdle(frame)) {
      const dropped = this.#rate.takeDropped();
      if (dropped) this.#noteDropped(frame, dropped);
      this.#rate.reset();
    }
    this.publish(frame, null, msgType);
  }

  #noteDropped(frame: V1Frame, dropped: Dropped): void {
    this.#deps.dropped(dropped.messages);
    this.#notice(frame, droppedNotice(dropped));
  }

  #notice(frame: V1Frame, text: string): void {
    const parentHeader = frame.parts[part.parentHeader]!;
    this.say({ channel: 'iopub', msgType: 'stream', content: { name: 'stderr', text }, parentHeader });
  }

  #deliver(session: ClientSession): void {
    const socket = session.socket;
    if (!socket) return;
    const { fromSeq, missed } = continueFrom(session.cursor, this.#log);
    session.cursor = fromSeq;
    if (missed > 0) this.#tellGap(socket, missed);
    while (!socket.isSlow && session.cursor < this.#log.endSeq) {
      const seq = session.cursor++;
      const entry = this.#log.at(seq)!;
      if (entry.target === null || entry.target === socket.sessionId) socket.send(entry.frame, seq);
    }
  }

  #tellGap(socket: ClientSocket, missed: number): void {
    const text = `[Cellbook: up to ${missed} messages from the kernel were lost, this connection was away or slow for too long.]\n`;
    const content = { name: 'stderr', text };
    socket.send(readV1Frame(this.#deps.compose({ channel: 'iopub', msgType: 'stream', content })));
  }

  #trim(): void {
    this.#sinceTrim = 0;
    this.#log.trimBefore(neededFrom(this.#cursors(), this.#log.endSeq));
  }

  *#cursors(): Iterable<number> {
    for (const { cursor, socket } of this.#sessions.values())
      yield socket ? cursorAfterClose(cursor, socket.unsent) : cursor;
  }

  #forgetOldSessions(): void {
    let away = this.#sessions.size - this.connections;
    for (const [id, session] of this.#sessions) {
      if (away <= limits.gateway.clientSessionsMax) return;
      if (session.socket) continue;
      this.#sessions.delete(id);
      away -= 1;
    }
  }
}

function isIdle(frame: V1Frame): boolean {
  return frame.parts[part.content]!.includes('"idle"');
}
