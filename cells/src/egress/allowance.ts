/**
 * What one workspace may still do: connections at once, attempts within a minute, bytes of the day (UTC). Counts
 * of this host alone; those of the day go on from the log where a workspace comes from elsewhere.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { EgressUse } from './egress-log.ts';

const dayMs = 86_400_000;
export const startOfDayMs = (nowMs: number): number => nowMs - (nowMs % dayMs);

export class Allowance {
  readonly #tier: Tier;
  readonly #clock: Clock;
  #day: number;
  #used: EgressUse;
  #open = 0;
  #minuteStartedMs = 0;
  #attempts = 0;

  constructor(tier: Tier, clock: Clock, used: EgressUse) {
    this.#tier = tier;
    this.#clock = clock;
    this.#used = { ...used };
    this.#day = startOfDayMs(clock.nowMs());
  }

  get open(): number {
    return this.#open;
  }

  /** Counts an attempt, allowed or not; false: there were too many within this minute. */
  attempt(): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#minuteStartedMs >= 60_000) {
      this.#minuteStartedMs = nowMs;
      this.#attempts = 0;
    }
    return ++this.#attempts <= limits.egress.attemptsPerMinuteMax;
  }

  /** Takes a place for a connection; false: all are taken. Whoever got one gives it back. */
  take(): boolean {
    if (this.#open >= limits.egress.connectionsMaxByTier[this.#tier]) return false;
    this.#open++;
    return true;
  }

  giveBack(): void {
    this.#open--;
  }

  /** Counts bytes that have gone by; false: the day's are used up. */
  spend(direction: keyof EgressUse, bytes: number): boolean {
    this.#turn();
    this.#used[direction] += bytes;
    return this.hasBytes();
  }

  hasBytes(): boolean {
    this.#turn();
    const { bytesDownPerDayByTier, bytesUpPerDayByTier } = limits.egress;
    const { bytesUp, bytesDown } = this.#used;
    return bytesDown < bytesDownPerDayByTier[this.#tier] && bytesUp < bytesUpPerDayByTier[this.#tier];
  }

  #turn(): void {
    const day = startOfDayMs(this.#clock.nowMs());
    if (day === this.#day) return;
    this.#day = day;
    this.#used = { bytesUp: 0, bytesDown: 0 };
  }
}
