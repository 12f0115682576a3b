/**
 * The browsers' sockets that objects of the edge hold for this cell, attached or parked (spot.ts). Quiet ones are
 * parked; what there is for one that is parked wakes it (wakes.ts); one whose browser left unheard is found by asking.
 */
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Parking } from '@cellbook/shared/protocol/parking-api.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { WebSocket } from 'ws';
import type { GatewayMetrics } from '../gateway-metrics.ts';
import type { SocketSweep } from '../sockets/socket-sweep.ts';
import { Spot, type SpotOwner } from './spot.ts';
import { type WakeShard, Wakes } from './wakes.ts';

export interface ParkingLotDeps {
  clock: Clock;
  random: Random;
  log: Logger;
  metrics: Pick<GatewayMetrics, 'parked' | 'wakes'>;
  sockets: SocketSweep;
  wake: WakeShard;
}

export class ParkingLot implements SpotOwner {
  /** Of this process: what another knew of parked sockets it does not. */
  readonly run: string;
  readonly #deps: ParkingLotDeps;
  readonly #spots = new Map<string, Spot>();
  readonly #wakes: Wakes;
  #parkedCount = 0;
  #ticks = 0;
  #timer: Timer;
  #isClosed = false;

  constructor(deps: ParkingLotDeps) {
    this.#deps = deps;
    this.run = deps.random.uuid();
    const { clock, log, wake, metrics } = deps;
    this.#wakes = new Wakes({
      ...{ clock, log, wake },
      gone: (socket) => this.#gone(socket),
      said: (outcome, count) => metrics.wakes.inc({ outcome }, count),
    });
    this.#timer = clock.setTimer(limits.parking.tickMs, () => this.#tick());
  }

  has(socket: string): boolean {
    return this.#spots.has(socket);
  }

  /** `isBack`: who uses it has it already. Null: it is of no use, and is closed. */
  arrive(ws: WebSocket, parking: Parking, isResting: () => boolean): { spot: Spot; isBack: boolean } | null {
    const known = this.#spots.get(parking.socket);
    if (!known) {
      const spot = new Spot(ws, parking, this, isResting);
      this.#spots.set(parking.socket, spot);
      return { spot, isBack: false };
    }
    if (parking.seq <= known.seq) {
      ws.close(1012, 'a newer attachment came before');
      return null;
    }
    const wasParked = known.isParked;
    if (known.attachAgain(ws, parking.seq)) {
      if (wasParked) {
        this.#count(-1);
        this.#deps.sockets.add(known);
      }
      this.#wakes.forget(parking.socket);
      return { spot: known, isBack: true };
    }
    known.terminate();
    known.end();
    ws.close(1012, 'the attachment before broke');
    return null;
  }

  parked(spot: Spot): void {
    this.#deps.sockets.remove(spot);
    this.#count(1);
  }

  wanted({ shard, socket, seq }: Spot): void {
    if (!this.#isClosed) this.#wakes.say(shard, { want: 'attach', socket, seq });
  }

  closedHere({ shard, socket, seq }: Spot, code: number, reason: string): void {
    // Of a cell that goes they stay where they are, until they are attached to the next.
    if (!this.#isClosed) this.#wakes.say(shard, { want: 'end', socket, seq, code, reason });
  }

  over(spot: Spot, wasParked: boolean): void {
    if (this.#spots.get(spot.socket) === spot) this.#spots.delete(spot.socket);
    if (wasParked) this.#count(-1);
    this.#wakes.forget(spot.socket);
  }

  close(): void {
    this.#isClosed = true;
    this.#timer.cancel();
    this.#wakes.close();
  }

  #tick(): void {
    this.#ticks += 1;
    const isTimeToAsk = this.#ticks % limits.parking.confirmEveryTicks === 0;
    for (const spot of this.#spots.values()) {
      spot.tick(this.#parkedCount < limits.parking.parkedPerCellMax);
      const { isParked, shard, socket, seq } = spot;
      if (isTimeToAsk && isParked) this.#wakes.say(shard, { want: 'ask', socket, seq });
    }
    this.#wakes.sayDue();
    this.#timer = this.#deps.clock.setTimer(limits.parking.tickMs, () => this.#tick());
  }

  #gone(socket: string): void {
    const spot = this.#spots.get(socket);
    if (spot?.isParked) spot.end();
  }

  #count(by: number): void {
    this.#parkedCount += by;
    this.#deps.metrics.parked.set(this.#parkedCount);
  }
}
