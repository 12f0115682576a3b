/**
 * A browser's socket, as this cell sees it through the object that holds it (shared/src/protocol/parking-api.ts). To
 * whoever uses it it is one connection that is slow now and then:
 *
 *     attached ──quiet: park──▶ parking ──closed with parkedCode──▶ parked
 *        ▲ ▲                       │ attached anew                     │ something to send: a wake
 *        │ └───────────────────────┴────────── attached anew ──────────┘
 *        └─ what is sent before `go` has come, or while there is no attachment, waits here and leaves in its order
 *
 * From any of them to `over`: the browser has gone, or this side closed it. An attachment that breaks without a word
 * is over, too: the browser comes back under its session, and is given what it has not had.
 */
import { EventEmitter } from 'node:events';
import { limits } from '@cellbook/shared/limits.ts';
import {
  endWord,
  goWord,
  type Parking,
  parkedCode,
  parkWord,
  pauseWord,
  resumeWord,
} from '@cellbook/shared/protocol/parking-api.ts';
import type { RawData, WebSocket } from 'ws';
import { bytesOf } from '../sockets/bytes-of.ts';
import type { Connection } from '../sockets/connection.ts';
import { GatewaySocket } from '../sockets/gateway-socket.ts';

/** What a spot tells its lot. */
export interface SpotOwner {
  readonly run: string;
  parked(spot: Spot): void;
  /** There is something for one that is parked. */
  wanted(spot: Spot): void;
  /** One that is parked is to be closed. */
  closedHere(spot: Spot, code: number, reason: string): void;
  over(spot: Spot, wasParked: boolean): void;
}

type Done = (error?: Error | null) => void;

interface Queued {
  data: string | Uint8Array;
  options: { binary: boolean };
  done: Done | undefined;
}

const spots = new WeakMap<WebSocket, Spot>();

export class Spot extends EventEmitter implements Connection {
  readonly shard: number;
  readonly socket: string;
  readonly protocol: string;
  readonly #owner: SpotOwner;
  /** Its workspace sleeps, and nobody wakes it. */
  readonly #isResting: () => boolean;
  #seq: number;
  #state: 'attached' | 'parking' | 'parked' | 'over' = 'attached';
  #ws: WebSocket | null = null;
  /** The attachment before, whose last messages come before those of this one. */
  #leaving: WebSocket | null = null;
  #awaitsGo = false;
  #isPaused = false;
  #closeWith: { code: number; reason: string } | null = null;
  #queue: Queued[] = [];
  #queuedBytes = 0;
  /** Ticks in its state without a frame. */
  #ticks = 0;

  constructor(ws: WebSocket, { shard, socket, seq }: Parking, owner: SpotOwner, isResting: () => boolean) {
    super();
    this.shard = shard;
    this.socket = socket;
    this.protocol = ws.protocol;
    this.#owner = owner;
    this.#isResting = isResting;
    this.#seq = seq;
    this.#take(ws, seq > 1);
  }

  get seq(): number {
    return this.#seq;
  }

  get isParked(): boolean {
    return this.#state === 'parked';
  }

  get bufferedAmount(): number {
    if (this.#state === 'attached' && !this.#awaitsGo) return this.#ws?.bufferedAmount ?? 0;
    return this.#queuedBytes > limits.parking.queuedBytesMax ? Number.MAX_SAFE_INTEGER : this.#queuedBytes;
  }

  /** False: it was not parked, and the attachment that it had is of no more use. */
  attachAgain(ws: WebSocket, seq: number): boolean {
    if (this.#state !== 'parked' && this.#state !== 'parking') return false;
    this.#leaving = this.#ws;
    this.#seq = seq;
    this.#state = 'attached';
    this.#take(ws, true);
    const wanted = this.#closeWith;
    if (wanted) this.close(wanted.code, wanted.reason);
    return true;
  }

  /** Once a second; parks it when it has been quiet for long enough, if it may. */
  tick(mayPark: boolean): void {
    this.#ticks += 1;
    const { quietTicksAsleep, quietTicksAwake, partingTicksMax } = limits.parking;
    if (this.#state === 'parking' && this.#ticks > partingTicksMax) this.#ws?.terminate();
    if (this.#state !== 'attached' || !mayPark || this.#ticks < quietTicksAsleep) return;
    if (this.#ticks >= quietTicksAwake || this.#isResting()) this.#park();
  }

  send(data: string | Uint8Array, options: { binary: boolean }, done?: Done): void {
    if (this.#state === 'attached' && !this.#awaitsGo) {
      this.#ticks = 0;
      this.#ws?.send(data, options, done);
    } else if (this.#state !== 'over') {
      this.#queue.push({ data, options, done });
      this.#queuedBytes += data.length;
      if (this.#state === 'parked') this.#owner.wanted(this);
    }
  }

  close(code = 1000, reason = ''): void {
    if (this.#state === 'attached') {
      this.#ws?.send(`${endWord}${code} ${reason}`);
      this.#ws?.close(code, reason);
    }
    if (this.#state === 'parking') this.#closeWith = { code, reason };
    else if (this.#state === 'parked') {
      this.#owner.closedHere(this, code, reason);
      this.end(code);
    }
  }

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#tellReading();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#tellReading();
  }

  gather(): void {
    if (this.#ws instanceof GatewaySocket) this.#ws.gather();
  }

  ping(): void {
    this.#ws?.ping();
  }

  terminate(): void {
    this.#ws?.terminate();
  }

  /** The browser has gone; without a code it may be back. */
  end(code = 1006): void {
    if (this.#state === 'over') return;
    const wasParked = this.#state === 'parked';
    this.#state = 'over';
    this.#ws = null;
    this.#owner.over(this, wasParked);
    this.emit('closing', code);
    this.emit('close', code);
    this.#queue = [];
  }

  heard(ws: WebSocket, data: RawData, isBinary: boolean): void {
    if (ws !== this.#ws && ws !== this.#leaving) return;
    this.#ticks = 0;
    if (ws === this.#ws && this.#awaitsGo) this.#go(ws, bytesOf(data));
    else this.emit('message', data, isBinary);
  }

  closed(ws: WebSocket, code: number | undefined): void {
    if (ws === this.#leaving) {
      this.#leaving = null;
      this.#applyReading();
    } else if (ws === this.#ws) {
      if (this.#state === 'parking' && code === parkedCode) this.#isNowParked();
      else this.end(code);
    }
  }

  #take(ws: WebSocket, awaitsGo: boolean): void {
    this.#ws = ws;
    this.#awaitsGo = awaitsGo;
    this.#ticks = 0;
    spots.set(ws, this);
    ws.on('message', onMessage);
    ws.on('closing', onClosed);
    ws.on('close', onClosed);
    ws.on('pong', onPong);
    ws.on('error', onError);
    this.#applyReading();
  }

  #park(): void {
    const ws = this.#ws;
    if (!ws || this.#awaitsGo || this.#isPaused || this.#leaving || ws.bufferedAmount > 0) return;
    this.#state = 'parking';
    this.#ticks = 0;
    ws.send(parkWord + this.#owner.run);
  }

  #isNowParked(): void {
    this.#ws = null;
    this.#state = 'parked';
    this.#owner.parked(this);
    const wanted = this.#closeWith;
    if (wanted) this.close(wanted.code, wanted.reason);
    else if (this.#queue.length > 0) this.#owner.wanted(this);
  }

  #go(ws: WebSocket, word: Buffer): void {
    if (!word.equals(goBytes)) {
      ws.close(1002, 'an attachment begins with go');
      return;
    }
    this.#awaitsGo = false;
    if (this.#isPaused) ws.send(pauseWord);
    this.#queuedBytes = 0;
    for (const { data, options, done } of this.#queue.splice(0)) ws.send(data, options, done);
  }

  #tellReading(): void {
    if (this.#state !== 'attached' || this.#awaitsGo) return;
    this.#applyReading();
    this.#ws?.send(this.#isPaused ? pauseWord : resumeWord);
  }

  #applyReading(): void {
    // Not before `go` has been heard, which is the first of all.
    if (this.#leaving || (this.#isPaused && !this.#awaitsGo)) this.#ws?.pause();
    else this.#ws?.resume();
  }
}

const goBytes = Buffer.from(goWord);

function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  spots.get(this)?.heard(this, data, isBinary);
}

function onClosed(this: WebSocket, code?: number): void {
  spots.get(this)?.closed(this, code);
}

function onPong(this: WebSocket): void {
  spots.get(this)?.emit('pong');
}

/** `ws` closes the socket itself, and `close` cleans up. */
function onError(): void {}
