/**
 * Frames on their way into one socket. The runtime keeps whatever it is given until the peer has read it, closed or
 * not, and says how much that is (`bufferedAmount`); so it is given a window at a time, and the rest waits here, where
 * it is counted, held back and dropped:
 *
 *     send ──▶ frames ──window──▶ the runtime's own buffer ──▶ peer
 *
 * Without an end, or held back, nothing leaves. Order is kept; a close comes after what was sent before it.
 */
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { type Frame, sizeOf } from './frame.ts';

/** What of a socket is used here. */
export interface End {
  readonly bufferedAmount: number;
  send(frame: Frame): void;
  close(code: number, reason: string): void;
}

export interface OutboxDeps {
  clock: Clock;
  /** `bytes` may be another. */
  changed(): void;
  /** The peer has taken nothing for `stalledMsMax`. */
  stalled(): void;
}

export class Outbox {
  readonly #deps: OutboxDeps;
  #end: End | null = null;
  #isHeldBack = false;
  #frames: { frame: Frame; bytes: number }[] = [];
  #frameBytes = 0;
  #closeWith: { code: number; reason: string } | null = null;
  #sentCount: number;
  #timer: Timer | null = null;
  #isDraining = false;
  #bufferedBefore = 0;
  #movedMs = 0;

  /** @param sentCount frames that had left before this one was made */
  constructor(deps: OutboxDeps, sentCount = 0) {
    this.#deps = deps;
    this.#sentCount = sentCount;
  }

  /** Waiting here, and not yet gone from the runtime. */
  get bytes(): number {
    return this.#frameBytes + (this.#end?.bufferedAmount ?? 0);
  }

  get isEmpty(): boolean {
    return this.#frames.length === 0;
  }

  /** Frames that have left, into any end. */
  get sentCount(): number {
    return this.#sentCount;
  }

  /** Where it leads from here on: a peer that is new, whatever has been given to it already, has stalled nothing yet. */
  lead(end: End | null): void {
    this.#end = end;
    this.#isHeldBack = false;
    this.#bufferedBefore = end?.bufferedAmount ?? 0;
    this.#movedMs = this.#deps.clock.monotonicMs();
    this.#pump();
  }

  holdBack(): void {
    this.#isHeldBack = true;
  }

  release(): void {
    this.#isHeldBack = false;
    this.#pump();
  }

  send(frame: Frame): void {
    const end = this.#end;
    // Asked of the runtime once: with a crowd on one kernel each asking is a twentieth of what a frame costs.
    const buffered =
      end && !this.#isHeldBack && this.#frames.length === 0 ? end.bufferedAmount : limits.parking.windowBytes;
    if (end && buffered < limits.parking.windowBytes) this.#give(end, frame, buffered);
    else {
      const bytes = sizeOf(frame);
      this.#frames.push({ frame, bytes });
      this.#frameBytes += bytes;
    }
    this.#deps.changed();
    this.#watch();
  }

  /** After what waits. */
  close(code: number, reason: string): void {
    this.#closeWith = { code, reason };
    this.#pump();
  }

  /** What waits is given up; what the runtime has cannot be. */
  drop(): void {
    this.#frames = [];
    this.#frameBytes = 0;
    this.#closeNow();
    this.#deps.changed();
  }

  /** The socket has gone, and all that the runtime had of it. */
  forget(): void {
    this.#end = null;
    this.#timer?.cancel();
    this.drop();
  }

  #give(end: End, frame: Frame, buffered: number): void {
    if (buffered === 0) this.#movedMs = this.#deps.clock.monotonicMs();
    end.send(frame);
    this.#sentCount += 1;
  }

  #pump(): void {
    const end = this.#end;
    if (end) this.#giveMore(end);
    this.#deps.changed();
    this.#watch();
  }

  #giveMore(end: End): void {
    const { windowBytes, stalledMsMax } = limits.parking;
    const nowMs = this.#deps.clock.monotonicMs();
    if (end.bufferedAmount < this.#bufferedBefore || end.bufferedAmount === 0) this.#movedMs = nowMs;
    let count = 0;
    while (!this.#isHeldBack && end.bufferedAmount < windowBytes) {
      const next = this.#frames[count];
      if (!next) break;
      count += 1;
      this.#frameBytes -= next.bytes;
      this.#give(end, next.frame, end.bufferedAmount);
    }
    this.#frames.splice(0, count);
    this.#bufferedBefore = end.bufferedAmount;
    if (this.#frames.length === 0) this.#closeNow();
    if (end.bufferedAmount > 0 && nowMs - this.#movedMs > stalledMsMax) this.#deps.stalled();
  }

  #closeNow(): void {
    if (this.#closeWith) closeEnd(this.#end, this.#closeWith);
    this.#closeWith = null;
  }

  /** Looks again while anything is on its way: soon where more waits, which nothing else would see to. */
  #watch(): void {
    const isDraining = this.#frames.length > 0 && !this.#isHeldBack;
    if (!this.#end || (this.#timer && (this.#isDraining || !isDraining))) return;
    if (this.#end.bufferedAmount + this.#frameBytes === 0) return;
    this.#timer?.cancel();
    this.#isDraining = isDraining;
    const { drainMs, watchMs } = limits.parking;
    this.#timer = this.#deps.clock.setTimer(isDraining ? drainMs : watchMs, () => {
      this.#timer = null;
      this.#isDraining = false;
      this.#pump();
    });
  }
}

/** An end that has gone already is as it should be. */
export function closeEnd(end: End | null, { code, reason }: { code: number; reason: string }): void {
  try {
    end?.close(code, reason);
  } catch {}
}
