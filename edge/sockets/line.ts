/**
 * One browser's socket, and its attachments to the cell (shared/src/protocol/parking-api.ts):
 *
 *     attached ──the cell says park──▶ parked ──the browser speaks, the cell wakes──▶ attaching ──▶ attached
 *        │ the cell says end, or its attachment breaks                                   │ refused, or not in time
 *        └──────────────────────────────▶ over: the browser is closed, with 1012 it comes back ◀┘
 *
 * What the browser says is passed on in its order, kept while there is no attachment or the cell does not read; what
 * the cell says is kept while the browser does not, and the cell told to wait. More than is kept ends the line. What
 * a browser has said before it left is still delivered, and the cell is told that it left.
 */
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import {
  brokenCode,
  endWord,
  goWord,
  isWord,
  parkedCode,
  parkWord,
  pauseWord,
  resumeWord,
  runWord,
  type WakeOrder,
} from '@cellbook/shared/protocol/parking-api.ts';
import type { Frame } from './frame.ts';
import { closeEnd, type End, Outbox } from './outbox.ts';

export interface Upstream extends End {
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void;
  addEventListener(type: 'error', listener: () => void): void;
}

/** `wait`: its cell cannot be reached now. */
export type AttachOutcome = { kind: 'attached'; upstream: Upstream } | { kind: 'wait' } | { kind: 'refused' };

export interface LineDeps {
  clock: Clock;
  browser: End;
  attach(seq: number): Promise<AttachOutcome>;
  /**
   * Before it is so: `seq` is the last attachment that was asked for, `parkedIn` the run of the cell in which it is
   * parked. Null: an object that is ended now loses what the browser has said, or an attachment.
   */
  keep(standing: Standing): void;
  /** It is over by a mistake of ours, which nobody else is told of. */
  failed(error: unknown): void;
  /** So many bytes are kept for it. */
  holds(line: Line, bytes: number): void;
}

/** What of a line outlives the object's memory. */
export interface Standing {
  /** The number of its last attachment. */
  seq: number;
  /** The number of the last one that came about: an object that was ended may have asked for more, in vain. */
  attached: number;
  /** The run of the cell in which it is parked; null: it is not. */
  parkedIn: string | null;
  /** Frames of the browser that have gone to the cell, over all attachments. */
  sent: number;
}

export class Line {
  readonly #deps: LineDeps;
  readonly #toBrowser: Outbox;
  readonly #toCell: Outbox;
  #seq: number;
  #attached: number;
  #parkedIn: string | null;
  #upstream: Upstream | null = null;
  #attaching: Promise<void> | null = null;
  #run: string | null = null;
  #isHeard = false;
  /** The cell knows that the browser does not read. */
  #isSlow = false;
  #isOver = false;
  /** With what the browser has gone. */
  #leftWith: number | null = null;

  constructor(deps: LineDeps, { seq, attached, parkedIn, sent }: Standing) {
    this.#deps = deps;
    this.#seq = seq;
    this.#attached = attached;
    this.#parkedIn = parkedIn;
    const { clock } = deps;
    const changed = () => this.#changed();
    this.#toBrowser = new Outbox({ clock, changed, stalled: () => this.shed('the browser does not read') });
    const stalled = () => this.shed('the cell does not read');
    this.#toCell = new Outbox({ clock, changed, stalled }, sent);
    this.#toBrowser.lead(deps.browser);
  }

  get isParked(): boolean {
    return !this.#upstream && !this.#attaching && !this.#isOver;
  }

  get isAttaching(): boolean {
    return this.#attaching !== null;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The run of the cell to which it is attached; null: it is not, or is not known yet. */
  get run(): string | null {
    return this.#upstream && this.#run;
  }

  /** Whether the cell has said anything since this was asked last. */
  takeHeard(): boolean {
    const isHeard = this.#isHeard;
    this.#isHeard = false;
    return isHeard;
  }

  use(upstream: Upstream): void {
    this.#upstream = upstream;
    this.#attached = this.#seq;
    this.#run = null;
    this.#isSlow = false;
    this.#keep(null);
    upstream.addEventListener('message', ({ data }) => {
      if (this.#upstream === upstream) this.#fromCell(upstream, data);
    });
    upstream.addEventListener('close', ({ code, reason }) => this.#broke(upstream, code, reason));
    upstream.addEventListener('error', () => this.#broke(upstream, 1006, ''));
    this.#toCell.lead(upstream);
  }

  fromBrowser(frame: Frame): void {
    if (this.#isOver) return;
    if (isWord(frame)) {
      this.end(1008, 'no message begins with NUL');
      return;
    }
    // An object that is ended before it is attached has not heard it: its browser is to learn of that.
    if (!this.#upstream && this.#toCell.isEmpty) this.#keep(null);
    this.#toCell.send(frame);
    if (!this.#upstream) void this.wake();
  }

  /** The cell has something for it. Settles when it is attached, or over. */
  wake(): Promise<void> {
    if (this.#upstream || this.#isOver) return Promise.resolve();
    this.#attaching ??= this.#attach()
      // Else it would wait for a frame that a browser, which waits for an answer, never sends.
      .catch((error: unknown) => {
        this.end(1012, 'attaching it failed');
        this.#deps.failed(error);
      })
      .finally(() => {
        this.#attaching = null;
      });
    return this.#attaching;
  }

  /**
   * What its cell, to which it is parked, wants of it. Settles when it is attached, or over. The cell may know of none,
   * some or all of the attachments that were asked for since the last one that came about.
   */
  obey(order: WakeOrder): Promise<void> {
    const isOfNow = this.#attached <= order.seq && order.seq <= this.#seq;
    // One that is on its way back, or has been attached since, has heard of it already.
    if (!isOfNow || this.isAttaching) return Promise.resolve();
    if (order.want === 'end') this.end(order.code, order.reason);
    // What is taken for its attachment here is none any more.
    else if (!this.isParked) this.end(1012, 'its attachment broke');
    else if (order.want === 'attach') return this.wake();
    return Promise.resolve();
  }

  browserLeft(code: number): Promise<void> {
    this.#toBrowser.forget();
    if (this.#isOver || this.#leftWith !== null) return Promise.resolve();
    this.#leftWith = code === 1005 ? 1000 : sayable(code, brokenCode);
    if (!this.#upstream) return this.wake();
    this.#leave(this.#leftWith);
    return Promise.resolve();
  }

  /** Closes both ends, the browser's after what waits for it; the cell's with the same code. */
  end(code: number, reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#finish(code, reason);
  }

  /** Gives up what is kept for it: the browser comes back, and is given from the kernel's log what it has not had. */
  shed(reason: string): void {
    const wasOver = this.#isOver;
    this.#isOver = true;
    this.#toBrowser.drop();
    this.#toCell.drop();
    if (!wasOver) this.#finish(1012, reason);
  }

  /** What the browser has said comes before that it left, whether the cell reads now or not. */
  #leave(code: number): void {
    this.#isOver = true;
    this.#upstream = null;
    this.#toCell.release();
    this.#toCell.close(code, 'the browser left');
  }

  #finish(code: number, reason: string): void {
    const upstream = this.#upstream;
    this.#upstream = null;
    this.#toCell.forget();
    this.#toBrowser.close(code, reason);
    closeEnd(upstream, { code, reason });
  }

  /** Without its word: what was on its way is lost, and nobody knows what that was. */
  #broke(upstream: Upstream, code: number, reason: string): void {
    if (this.#upstream !== upstream || this.#isOver) return;
    this.#isOver = true;
    const isForGood = code === 1000 || code === 1001;
    const said = isForGood ? 1012 : sayable(code, 1012);
    // In a turn of its own: a close that is sent in that of a close stays in the runtime.
    this.#deps.clock.setTimer(limits.parking.partingMs, () => this.#finish(said, reason));
  }

  #fromCell(upstream: Upstream, data: unknown): void {
    this.#isHeard = true;
    if (this.#isOver) return;
    if (isWord(data)) this.#control(upstream, data);
    else if (typeof data === 'string' || data instanceof ArrayBuffer) this.#toBrowser.send(data);
  }

  #control(upstream: Upstream, word: string): void {
    if (word.startsWith(parkWord)) this.#park(upstream, word.slice(parkWord.length));
    else if (word.startsWith(endWord)) {
      const [, code, reason] = /^(\d+) (.*)$/s.exec(word.slice(endWord.length)) ?? [];
      this.end(Number(code ?? 1012), reason ?? '');
    } else if (word.startsWith(runWord)) {
      this.#run = word.slice(runWord.length);
      this.#changed();
    } else if (word === pauseWord) this.#toCell.holdBack();
    else if (word === resumeWord) this.#toCell.release();
  }

  #park(upstream: Upstream, run: string): void {
    this.#upstream = null;
    this.#toCell.lead(null);
    // What the cell did not read is said to it next: till then nobody but this object has it.
    this.#keep(this.#toCell.isEmpty ? run : null);
    // In a turn of its own: what is sent while the frame before leaves was seen to stay where it is.
    this.#deps.clock.setTimer(limits.parking.partingMs, () =>
      closeEnd(upstream, { code: parkedCode, reason: 'parked' }),
    );
    if (!this.#toCell.isEmpty) void this.wake();
  }

  #keep(parkedIn: string | null): void {
    this.#parkedIn = parkedIn;
    const { sentCount: sent } = this.#toCell;
    this.#deps.keep({ seq: this.#seq, attached: this.#attached, parkedIn, sent });
  }

  #changed(): void {
    const { slowBytes, waitingBytesMax, heldMessageBytesMax } = limits.parking;
    const [waiting, unsaid] = [this.#toBrowser.bytes, this.#toCell.bytes];
    this.#deps.holds(this, waiting + unsaid);
    if (this.#isOver) return;
    if (waiting > waitingBytesMax) this.shed('more was said than can be kept until the browser reads');
    else if (unsaid > heldMessageBytesMax) this.shed('more was said than can be kept until the kernel reads');
    else if (this.#isSlow ? waiting <= slowBytes / 2 : waiting > slowBytes) this.#tellSlow(!this.#isSlow);
  }

  /** Only a cell that has said its run is there to hear it. */
  #tellSlow(isSlow: boolean): void {
    if (!this.#upstream || this.#run === null) return;
    this.#isSlow = isSlow;
    this.#upstream.send(isSlow ? pauseWord : resumeWord);
  }

  async #attach(): Promise<void> {
    const { clock } = this.#deps;
    const deadlineMs = clock.monotonicMs() + limits.parking.attachMsMax;
    let pauseMs: number = limits.parking.attachRetryMs;
    while (!this.#isOver) {
      this.#seq += 1;
      // Before it is asked for: a number that a cell has seen is not to come again.
      this.#keep(this.#parkedIn);
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
      closeEnd(upstream, { code: brokenCode, reason: 'too late' });
      return;
    }
    upstream.send(goWord + this.#toCell.sentCount);
    this.use(upstream);
    if (this.#leftWith !== null) this.#leave(this.#leftWith);
  }
}

/** Codes that only ever describe a connection are not for sending. */
const sayable = (code: number, otherwise: number): number =>
  code < 1000 || [1004, 1005, 1006, 1015].includes(code) ? otherwise : code;
