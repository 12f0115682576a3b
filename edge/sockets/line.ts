/**
 * One browser's socket, and its attachments to the cell (shared/src/protocol/parking-api.ts):
 *
 *     attached ──the cell says park──▶ parked ──the browser speaks, the cell wakes──▶ attaching ──▶ attached
 *        │ the cell closes                                                                │ refused, or not in time
 *        └──────────────────────────────▶ over: the browser is closed, with 1012 it comes back ◀┘
 *
 * What the browser says is passed on in its order, kept while there is no attachment or the cell does not read. What
 * a browser has said before it left is still delivered, and the cell is told that it left.
 */
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import {
  brokenCode,
  endWord,
  goWord,
  parkedCode,
  parkWord,
  pauseWord,
  resumeWord,
} from '@cellbook/shared/protocol/parking-api.ts';

export type Frame = string | ArrayBuffer;

/** What of a socket is used here. */
export interface End {
  send(frame: Frame): void;
  close(code: number, reason: string): void;
}

export interface Upstream extends End {
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void;
}

/** `wait`: its cell cannot be reached now. */
export type AttachOutcome = { kind: 'attached'; upstream: Upstream } | { kind: 'wait' } | { kind: 'refused' };

export interface LineDeps {
  clock: Clock;
  browser: End;
  attach(seq: number): Promise<AttachOutcome>;
  /** The run of the cell in which it is parked as `seq`; null: it is not. */
  keep(seq: number, parkedIn: string | null): void;
}

export class Line {
  readonly #deps: LineDeps;
  #seq: number;
  #upstream: Upstream | null = null;
  #attaching: Promise<void> | null = null;
  #queue: Frame[] = [];
  #queuedBytes = 0;
  #isPaused = false;
  #isOver = false;
  /** With what the browser has gone. */
  #leftWith: number | null = null;

  constructor(deps: LineDeps, seq: number) {
    this.#deps = deps;
    this.#seq = seq;
  }

  get seq(): number {
    return this.#seq;
  }

  get isParked(): boolean {
    return !this.#upstream && !this.#attaching && !this.#isOver;
  }

  use(upstream: Upstream): void {
    this.#upstream = upstream;
    this.#isPaused = false;
    this.#deps.keep(this.#seq, null);
    upstream.addEventListener('message', ({ data }) => {
      if (this.#upstream === upstream) this.#fromCell(upstream, data);
    });
    upstream.addEventListener('close', ({ code, reason }) => {
      if (this.#upstream === upstream) this.end(sayable(code, 1012), reason);
    });
  }

  fromBrowser(frame: Frame): void {
    if (this.#isOver) return;
    if (this.#upstream && !this.#isPaused) this.#upstream.send(frame);
    else this.#holdBack(frame);
  }

  /** The cell has something for it. Settles when it is attached, or over. */
  wake(): Promise<void> {
    if (this.#upstream || this.#isOver) return Promise.resolve();
    this.#attaching ??= this.#attach().finally(() => {
      this.#attaching = null;
    });
    return this.#attaching;
  }

  browserLeft(code: number): Promise<void> {
    if (this.#isOver || this.#leftWith !== null) return Promise.resolve();
    this.#leftWith = code === 1005 ? 1000 : sayable(code, brokenCode);
    if (!this.#upstream) return this.wake();
    this.end(this.#leftWith, 'the browser left');
    return Promise.resolve();
  }

  /** Closes both ends; the cell's with the same code. */
  end(code: number, reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const upstream = this.#upstream;
    this.#upstream = null;
    this.#queue = [];
    for (const end of [this.#deps.browser, upstream]) closeEnd(end, code, reason);
  }

  #fromCell(upstream: Upstream, data: unknown): void {
    if (typeof data === 'string' && data.startsWith('\u0000')) this.#control(upstream, data);
    else if (typeof data === 'string' || data instanceof ArrayBuffer) this.#deps.browser.send(data);
  }

  #control(upstream: Upstream, word: string): void {
    if (word.startsWith(parkWord)) {
      this.#upstream = null;
      this.#deps.keep(this.#seq, word.slice(parkWord.length));
      // In a turn of its own: what is sent while the frame before leaves was seen to stay where it is.
      this.#deps.clock.setTimer(limits.parking.partingMs, () => closeEnd(upstream, parkedCode, 'parked'));
      // Said while the cell did not read: it is not to wait for the next.
      if (this.#queue.length > 0) void this.wake();
    } else if (word.startsWith(endWord)) {
      const [, code, reason] = /^(\d+) (.*)$/s.exec(word.slice(endWord.length)) ?? [];
      this.end(Number(code ?? 1012), reason ?? '');
    } else if (word === pauseWord) this.#isPaused = true;
    else if (word === resumeWord) this.#flush(upstream);
  }

  #holdBack(frame: Frame): void {
    this.#queue.push(frame);
    this.#queuedBytes += typeof frame === 'string' ? frame.length : frame.byteLength;
    if (this.#queuedBytes > limits.parking.heldMessageBytesMax)
      this.end(1012, 'more was sent than can be kept until the kernel reads');
    else if (!this.#upstream) void this.wake();
  }

  #flush(upstream: Upstream): void {
    this.#isPaused = false;
    for (const frame of this.#queue.splice(0)) upstream.send(frame);
    this.#queuedBytes = 0;
  }

  async #attach(): Promise<void> {
    const { clock } = this.#deps;
    const deadlineMs = clock.monotonicMs() + limits.parking.attachMsMax;
    let pauseMs: number = limits.parking.attachRetryMs;
    while (!this.#isOver) {
      this.#seq += 1;
      const outcome = await this.#deps.attach(this.#seq);
      if (outcome.kind === 'attached') {
        this.#go(outcome.upstream);
        return;
      }
      if (outcome.kind === 'refused' || clock.monotonicMs() + pauseMs > deadlineMs) break;
      await sleep(clock, pauseMs);
      pauseMs = Math.min(2 * pauseMs, limits.parking.attachRetryMsMax);
    }
    this.end(1012, 'the workspace cannot be reached as it was');
  }

  #go(upstream: Upstream): void {
    if (this.#isOver) {
      closeEnd(upstream, brokenCode, 'too late');
      return;
    }
    this.use(upstream);
    upstream.send(goWord);
    this.#flush(upstream);
    if (this.#leftWith !== null) this.end(this.#leftWith, 'the browser left');
  }
}

/** Codes that only ever describe a connection are not for sending. */
const sayable = (code: number, otherwise: number): number =>
  code < 1000 || [1004, 1005, 1006, 1015].includes(code) ? otherwise : code;

/** An end that has gone already is as it should be. */
function closeEnd(end: End | null, code: number, reason: string): void {
  try {
    end?.close(code, reason);
  } catch {}
}
