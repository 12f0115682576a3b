/**
 * What this cell has to say of its parked sockets: said at once, those of one turn together, and again until it has
 * come about. Bounded by the sockets: of each there is one order, the newest.
 */
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { WakeOrder } from '@cellbook/shared/protocol/parking-api.ts';

/** Tells a shard of the edge; returns the sockets that it does not hold. */
export type WakeShard = (shard: number, orders: readonly WakeOrder[]) => Promise<readonly string[]>;

interface Pending {
  shard: number;
  order: WakeOrder;
  tries: number;
  dueMs: number;
}

export interface WakesDeps {
  clock: Clock;
  log: Logger;
  wake: WakeShard;
  gone(socket: string): void;
  /** Told of each message to a shard. */
  said(outcome: 'heard' | 'lost', count: number): void;
}

export class Wakes {
  readonly #deps: WakesDeps;
  readonly #pending = new Map<string, Pending>();
  #timer: Timer | null = null;
  #isDown = false;

  constructor(deps: WakesDeps) {
    this.#deps = deps;
  }

  /** What was to be said of it before is said no more. */
  say(shard: number, order: WakeOrder): void {
    const before = this.#pending.get(order.socket)?.order;
    if (before && (order.want === 'ask' || (before.want === order.want && before.seq === order.seq))) return;
    this.#pending.set(order.socket, { shard, order, tries: 0, dueMs: this.#deps.clock.monotonicMs() });
    this.#timer ??= this.#deps.clock.setTimer(limits.parking.wakeBatchMs, () => {
      this.#timer = null;
      this.sayDue();
    });
  }

  /** It is back, or has gone. */
  forget(socket: string): void {
    if (this.#pending.get(socket)?.order.want !== 'end') this.#pending.delete(socket);
  }

  sayDue(): void {
    const nowMs = this.#deps.clock.monotonicMs();
    const due = [...this.#pending.values()].filter(({ dueMs }) => dueMs <= nowMs);
    for (const [shard, all] of Map.groupBy(due, (one) => one.shard))
      for (let at = 0; at < all.length; at += limits.parking.wakeOrdersMax)
        void this.#tell(shard, all.slice(at, at + limits.parking.wakeOrdersMax), nowMs);
  }

  close(): void {
    this.#timer?.cancel();
    this.#pending.clear();
  }

  async #tell(shard: number, told: readonly Pending[], nowMs: number): Promise<void> {
    const { wakeRetryMs, wakeRetryMsMax, endTriesMax } = limits.parking;
    for (const one of told) {
      one.dueMs = nowMs + Math.min(wakeRetryMs * 2 ** one.tries, wakeRetryMsMax);
      one.tries += 1;
      if (one.order.want === 'end' && one.tries >= endTriesMax) this.#done(one);
    }
    try {
      const orders = told.map(({ order }) => order);
      const gone = new Set(await this.#deps.wake(shard, orders));
      for (const one of told) {
        if (one.order.want !== 'attach' || gone.has(one.order.socket)) this.#done(one);
        if (gone.has(one.order.socket)) this.#deps.gone(one.order.socket);
      }
      this.#deps.said('heard', told.length);
      this.#isDown = false;
    } catch (error) {
      if (!this.#isDown)
        this.#deps.log.warn({ err: error, shard }, 'parked sockets could not be woken; again');
      this.#deps.said('lost', told.length);
      this.#isDown = true;
    }
  }

  /** Unless something else is to be said of it by now. */
  #done(one: Pending): void {
    if (this.#pending.get(one.order.socket) === one) this.#pending.delete(one.order.socket);
  }
}
