/** Messages between named machines: delayed, lost, doubled, overtaking each other, and cut off for a while. */
import type { Random } from '@cellbook/shared/random.ts';
import type { Timeline } from '../timeline.ts';

export interface Weather {
  lossRate: number;
  doubleRate: number;
  /** How many come after a long while. */
  lateRate: number;
  delayMsMax: number;
}

export const calm: Weather = { lossRate: 0, doubleRate: 0, lateRate: 0, delayMsMax: 20 };
const lateMsMax = 150_000;
const stuckMsMax = 12_000;

export class Network {
  weather: Weather = calm;
  readonly #timeline: Timeline;
  readonly #random: Random;
  /** Until when. */
  readonly #cuts = new Map<string, number>();
  readonly #stuck = new Map<string, number>();

  constructor(timeline: Timeline, random: Random) {
    this.#timeline = timeline;
    this.#random = random;
  }

  cut(a: string, b: string, ms: number): void {
    this.#cuts.set(linkOf(a, b), this.#timeline.nowMs + ms);
  }

  /** What is called from here or answered to here for so long arrives late, but arrives. */
  stick(from: string, ms: number): void {
    this.#stuck.set(from, this.#timeline.nowMs + ms);
  }

  heal(): void {
    this.#stuck.clear();
    this.#cuts.clear();
  }

  isCut(a: string, b: string): boolean {
    return (this.#cuts.get(linkOf(a, b)) ?? 0) > this.#timeline.nowMs;
  }

  /** Of a connection: no message comes twice, nor long after. */
  call(from: string, to: string, arrive: () => void): void {
    if (this.isCut(from, to) || this.#random.float() < this.weather.lossRate) return;
    const isStuck = (this.#stuck.get(from) ?? 0) > this.#timeline.nowMs;
    const delayMs = 1 + this.#random.int(isStuck ? stuckMsMax : this.weather.delayMsMax);
    this.#timeline.after(delayMs, () => {
      if (!this.isCut(from, to)) arrive();
    });
  }

  send(from: string, to: string, arrive: () => void): void {
    const { lossRate, doubleRate } = this.weather;
    if (this.isCut(from, to) || this.#random.float() < lossRate) return;
    this.#timeline.after(this.#delayMs(), () => {
      if (!this.isCut(from, to)) arrive();
    });
    if (doubleRate > 0 && this.#random.float() < doubleRate) this.#timeline.after(this.#delayMs(), arrive);
  }

  #delayMs(): number {
    const { lateRate, delayMsMax } = this.weather;
    const isLate = lateRate > 0 && this.#random.float() < lateRate;
    return 1 + this.#random.int(isLate ? lateMsMax : delayMsMax);
  }
}

const linkOf = (a: string, b: string): string => (a < b ? `${a}|${b}` : `${b}|${a}`);
