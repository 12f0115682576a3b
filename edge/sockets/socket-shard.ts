/**
 * Browsers' sockets of the users of one shard (line.ts has what happens to each). They are accepted so that the object
 * can leave memory while all of them are parked; what it knows of a socket lies with the socket (`Kept`). An object
 * that was ended with attachments open, or with something said and not heard yet, has lost it: those browsers are sent
 * back with 1012.
 *
 * Every 30 s it asks the cells of its sockets which run of them this is (follow-up.ts): that finds a cell that has
 * started anew or gone without a word, and a browser that has.
 *
 * Nothing here decides who may: each attachment is asked of the router, as who opened the socket, as of now.
 */
import { DurableObject } from 'cloudflare:workers';
import { systemClock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import {
  heldHeader,
  parkingHeader,
  type WakeOrder,
  writeParking,
} from '@cellbook/shared/protocol/parking-api.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { log } from '../src/log.ts';
import { accepted, askRouter } from './attachment.ts';
import { inBatches, runOf } from './cell-runs.ts';
import { followUp } from './follow-up.ts';
import { type Kept, keptOf } from './kept.ts';
import { KeptBytes } from './kept-bytes.ts';
import { type AttachOutcome, Line, type Standing } from './line.ts';

interface Bindings {
  /** The router's own way in for attachments (edge/src/parking/attach.ts). */
  ROUTER: Fetcher;
}

export class SocketShard extends DurableObject<Bindings> {
  readonly #clock = systemClock;
  readonly #random = systemRandom;
  readonly #lines = new Map<string, Line>();
  /** To end the object frees what is left of sockets that it has closed; all of its browsers come back. */
  readonly #keptBytes = new KeptBytes(() =>
    this.ctx.abort('closed sockets keep more than there is room for'),
  );

  constructor(state: DurableObjectState, env: Bindings) {
    super(state, env);
    for (const socket of state.getWebSockets())
      if (keptOf(socket)?.parkedIn == null) socket.close(1012, 'the edge restarts');
  }

  /** A browser's handshake, judged by the router; `heldHeader` says whose it is, `parkingHeader` which shard this is. */
  override async fetch(request: Request): Promise<Response> {
    const shard = Number(request.headers.get(parkingHeader));
    const held = request.headers.get(heldHeader) ?? '';
    const socket = this.#random.uuid();
    const isFull = this.ctx.getWebSockets().length >= limits.parking.socketsPerShardMax;
    const { cell, answer } = await this.#ask(held, isFull ? null : writeParking({ shard, socket, seq: 1 }));
    if (!answer.webSocket || isFull || !cell) return answer;
    const [browser, own] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
    this.ctx.acceptWebSocket(own, [socket]);
    const first = { seq: 1, attached: 1, parkedIn: null, sent: 0, sinceMs: this.#clock.nowMs() };
    own.serializeAttachment({ socket, shard, held, cell: cell.id, url: cell.url, ...first } satisfies Kept);
    this.#lineOf(own)?.use(accepted(answer.webSocket));
    return new Response(null, { status: 101, webSocket: browser, headers: answer.headers });
  }

  override webSocketMessage(socket: WebSocket, frame: string | ArrayBuffer): void {
    this.#lineOf(socket)?.fromBrowser(frame);
  }

  override async webSocketClose(socket: WebSocket, code: number, reason: string): Promise<void> {
    const left = this.#left(socket, code);
    try {
      socket.close(code === 1005 ? 1000 : code, reason);
    } catch {}
    await left;
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await this.#left(socket, 1006);
  }

  /** What a cell has for its parked sockets; which of them are here no longer. */
  async wake(cellId: string, orders: readonly WakeOrder[]): Promise<string[]> {
    return orders.filter((order) => !this.#obey(cellId, order)).map(({ socket }) => socket);
  }

  override async alarm(): Promise<void> {
    const open = this.ctx.getWebSockets().filter(({ readyState }) => readyState === WebSocket.OPEN);
    if (open.length === 0) return;
    for (const [url, sockets] of Map.groupBy(open, (socket) => keptOf(socket)?.url ?? '')) {
      const run = await runOf(url, this.#clock);
      if (run === null) await this.#silent(url, sockets);
      else await this.#follow(url, run, sockets);
    }
    await this.#setAlarm();
  }

  async #follow(url: string, run: string, sockets: readonly WebSocket[]): Promise<void> {
    await this.ctx.storage.delete(silentAt(url));
    const strangers: WebSocket[] = [];
    for (const socket of sockets) {
      const kept = keptOf(socket);
      if (!kept) continue;
      // A parked one has no line in memory, and needs none for this.
      const attachedTo = this.#lines.get(kept.socket)?.run ?? null;
      const next = followUp({ ...kept, attachedTo }, run, this.#clock.nowMs());
      if (next.kind === 'attach') strangers.push(socket);
      else if (next.kind === 'end') this.#lineOf(socket)?.end(1012, next.reason);
    }
    await inBatches(strangers, limits.parking.attachAtOnceMax, (socket) => this.#lineOf(socket)?.wake());
  }

  async #silent(url: string, sockets: readonly WebSocket[]): Promise<void> {
    const times = ((await this.ctx.storage.get<number>(silentAt(url))) ?? 0) + 1;
    await this.ctx.storage.put(silentAt(url), times);
    const unheard = sockets.filter(
      (socket) => this.#lines.get(keptOf(socket)?.socket ?? '')?.takeHeard() !== true,
    );
    if (times < limits.parking.silentRunsMax) return;
    await this.ctx.storage.delete(silentAt(url));
    for (const socket of unheard) this.#lineOf(socket)?.end(1012, 'the cell does not answer');
  }

  #obey(cellId: string, order: WakeOrder): boolean {
    const [socket] = this.ctx.getWebSockets(order.socket);
    const kept = socket && keptOf(socket);
    const line = socket && this.#lineOf(socket);
    if (!kept || !line || line.isOver || socket.readyState !== WebSocket.OPEN) return false;
    if (kept.cell !== cellId) return false;
    this.ctx.waitUntil(line.obey(order));
    return true;
  }

  async #left(socket: WebSocket, code: number): Promise<void> {
    // Of one that has gone the runtime does not say the name any more.
    const [name] = this.ctx.getTags(socket);
    await this.#lineOf(socket)?.browserLeft(code);
    if (name !== undefined) this.#lines.delete(name);
  }

  #lineOf(socket: WebSocket): Line | null {
    const [name = ''] = this.ctx.getTags(socket);
    const known = this.#lines.get(name);
    if (known) return known;
    const kept = keptOf(socket);
    if (!kept) return null;
    const line = new Line(
      {
        clock: this.#clock,
        browser: socket,
        attach: (seq) => this.#attach(socket, seq),
        keep: (standing) => this.#keep(socket, standing),
        failed: (cause) => log('error', 'a socket could not be attached', { cause, ids: { socket: name } }),
        holds: (keeper, bytes) => this.#keptBytes.note(keeper, bytes),
      },
      kept,
    );
    this.#lines.set(name, line);
    return line;
  }

  async #attach(socket: WebSocket, seq: number): Promise<AttachOutcome> {
    const kept = keptOf(socket);
    if (!kept) return { kind: 'refused' };
    const asked = await this.#ask(kept.held, writeParking({ ...kept, seq })).catch(() => null);
    if (!asked) return { kind: 'wait' };
    const { cell, answer } = asked;
    if (!answer.webSocket) {
      await answer.body?.cancel();
      return { kind: answer.status === 503 || answer.status === 429 ? 'wait' : 'refused' };
    }
    const { id, url } = cell ?? { id: kept.cell, url: kept.url };
    socket.serializeAttachment({ ...(keptOf(socket) ?? kept), cell: id, url } satisfies Kept);
    return { kind: 'attached', upstream: accepted(answer.webSocket) };
  }

  #ask(held: string, parking: string | null) {
    return askRouter({ router: this.env.ROUTER, clock: this.#clock }, held, parking);
  }

  #keep(socket: WebSocket, standing: Standing): void {
    const { parkedIn } = standing;
    const kept = keptOf(socket);
    const sinceMs = parkedIn === null || kept?.parkedIn === parkedIn ? kept?.sinceMs : this.#clock.nowMs();
    if (kept) socket.serializeAttachment({ ...kept, ...standing, sinceMs: sinceMs ?? 0 } satisfies Kept);
    this.ctx.waitUntil(this.#ensureAlarm());
  }

  async #ensureAlarm(): Promise<void> {
    if ((await this.ctx.storage.getAlarm()) === null) await this.#setAlarm();
  }

  /** No frame waits for it to be written. */
  #setAlarm(): Promise<void> {
    const dueMs = this.#clock.nowMs() + limits.parking.askRunEveryMs;
    return this.ctx.storage.setAlarm(dueMs, { allowUnconfirmed: true });
  }
}

const silentAt = (url: string): string => `silent ${url}`;
