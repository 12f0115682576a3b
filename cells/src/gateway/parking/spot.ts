/**
 * A browser's socket, as this cell sees it through the object that holds it (shared/src/protocol/parking-api.ts). To
 * whoever uses it it is one connection that is slow now and then:
 *
 *     attached ──quiet: park──▶ parking ──closed with parkedCode──▶ parked
 *        ▲ ▲                       │ attached anew                     │ something to send: a wake
 *        │ └───────────────────────┴────────── attached anew ──────────┘
 *        └─ what is sent before `go` has come, while there is no attachment, or while the browser does not read,
 *           waits here and leaves in its order
 *
 * From any of them to `over`: the browser has gone, or this side closed it. An attachment that breaks without a word
 * is over, too: the browser comes back under its session, and is given what it has not had. But not one that breaks
 * between park and its close: nothing was on its way, so it counts as parked, and is woken to see whether it is.
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
  runWord,
} from '@cellbook/shared/protocol/parking-api.ts';
import type { RawData, WebSocket } from 'ws';
import { bytesOf } from '../sockets/bytes-of.ts';
import type { Connection } from '../sockets/connection.ts';
import { GatewaySocket } from '../sockets/gateway-socket.ts';
import { type Done, Waiting } from './waiting.ts';

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
  /** Of an attachment but the first, until `go`. */
  #awaitsGo = false;
  #isPaused = false;
  /** The browser does not read, as the object has said. */
  #isSlow = false;
  /** Frames of the browser, over all attachments. */
  #heardCount = 0;
  #closeWith: { code: number; reason: string } | null = null;
  readonly #waiting = new Waiting();
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
    // One that this run does not know has been counted by another: as it says itself.
    if (seq > 1) this.#heardCount = -1;
    this.#take(ws, seq > 1);
  }

  get seq(): number {
    return this.#seq;
  }

  get isParked(): boolean {
    return this.#state === 'parked';
  }

  get bufferedAmount(): number {
    if (this.#isFlowing) return this.#ws?.bufferedAmount ?? 0;
    return this.#waiting.bufferedAmount;
  }

  /** False: what was on its way in the attachment that it had is not known. */
  attachAgain(ws: WebSocket, seq: number): boolean {
    if (this.#state === 'over' || (this.#state === 'attached' && !this.#awaitsGo)) return false;
    const before = this.#ws;
    if (this.#state === 'parking') this.#leaving = before;
    this.#seq = seq;
    this.#state = 'attached';
    this.#take(ws, true);
    // Its answer was late: nothing has been said in it.
    if (before !== this.#leaving) before?.terminate();
    const wanted = this.#closeWith;
    if (wanted) this.close(wanted.code, wanted.reason);
    return true;
  }

  /** Once a second; parks it when it has been quiet for long enough, if it may. */
  tick(mayPark: boolean): void {
    this.#ticks += 1;
    const { quietTicksAsleep, quietTicksAwake, partingTicksMax } = limits.parking;
    if (this.#ticks > partingTicksMax) {
      this.#leaving?.terminate();
      if (this.#state === 'parking') this.#ws?.terminate();
    }
    if (this.#state !== 'attached' || !mayPark || this.#ticks < quietTicksAsleep) return;
    if (this.#ticks >= quietTicksAwake || this.#isResting()) this.#park();
  }

  send(data: string | Uint8Array, options: { binary: boolean }, done?: Done): void {
    if (this.#isFlowing) {
      this.#ticks = 0;
      this.#ws?.send(data, options, done);
    } else if (this.#state !== 'over') {
      this.#waiting.add(data, options, done);
      if (this.#state === 'parked') this.#owner.wanted(this);
    }
  }

  close(code = 1000, reason = ''): void {
    if (this.#state === 'attached') {
      if (this.#ws && !this.#awaitsGo) this.#waiting.sendAll(this.#ws);
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
    this.#waiting.clear();
  }

  heard(ws: WebSocket, data: RawData, isBinary: boolean): void {
    if (ws !== this.#ws && ws !== this.#leaving) return;
    this.#ticks = 0;
    if (ws === this.#ws && this.#awaitsGo) this.#go(ws, bytesOf(data).toString());
    else if (!isBinary && bytesOf(data)[0] === 0) this.#hearWord(ws, bytesOf(data).toString());
    else {
      this.#heardCount += 1;
      this.emit('message', data, isBinary);
    }
  }

  closed(ws: WebSocket, code: number | undefined): void {
    if (ws === this.#leaving) {
      this.#leaving = null;
      this.#applyReading();
    } else if (ws === this.#ws) {
      const broke = code === undefined || code === 1006;
      const isParking = this.#state === 'parking';
      // Neither has carried anything that could be lost.
      if (broke && (isParking || this.#awaitsGo)) this.#isNowParked(broke);
      else if (isParking && code === parkedCode) this.#isNowParked(false);
      else this.end(code);
    }
  }

  get #isFlowing(): boolean {
    return this.#state === 'attached' && !this.#awaitsGo && !this.#isSlow;
  }

  #take(ws: WebSocket, awaitsGo: boolean): void {
    this.#ws = ws;
    this.#awaitsGo = awaitsGo;
    this.#isSlow = false;
    this.#ticks = 0;
    spots.set(ws, this);
    ws.on('message', onMessage);
    ws.on('closing', onClosed);
    ws.on('close', onClosed);
    ws.on('pong', onPong);
    ws.on('error', onError);
    ws.send(runWord + this.#owner.run);
    this.#applyReading();
  }

  #park(): void {
    const ws = this.#ws;
    if (!ws || !this.#isFlowing || this.#isPaused || this.#leaving || ws.bufferedAmount > 0) return;
    this.#state = 'parking';
    this.#ticks = 0;
    ws.send(parkWord + this.#owner.run);
  }

  /** `broke`: whether the object has heard of it is to be seen. */
  #isNowParked(broke: boolean): void {
    this.#ws = null;
    this.#awaitsGo = false;
    this.#state = 'parked';
    this.#owner.parked(this);
    const wanted = this.#closeWith;
    if (wanted) this.close(wanted.code, wanted.reason);
    else if (broke || !this.#waiting.isEmpty) this.#owner.wanted(this);
  }

  #go(ws: WebSocket, word: string): void {
    const said = word.startsWith(goWord) ? Number(word.slice(goWord.length)) : Number.NaN;
    if (!Number.isSafeInteger(said)) {
      ws.close(1002, 'an attachment begins with go');
      return;
    }
    if (this.#heardCount === -1) this.#heardCount = said;
    this.#awaitsGo = false;
    if (said !== this.#heardCount) {
      this.close(1012, 'something was lost on the way');
      return;
    }
    if (this.#isPaused) ws.send(pauseWord);
    this.#waiting.sendAll(ws);
  }

  #hearWord(ws: WebSocket, word: string): void {
    if (ws !== this.#ws || this.#state !== 'attached') return;
    if (word === pauseWord) this.#isSlow = true;
    else if (word === resumeWord) {
      this.#isSlow = false;
      this.#waiting.sendAll(ws);
    }
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
