/**
 * Where a job goes. Hosts with the same room are one class, and a policy's score is worked out once per class
 * and shape: thousands of hosts with whole GPUs are a few dozen classes. Equal scores go to the host that was
 * named first, so that load gathers instead of spreading. Deterministic: the same calls, the same places.
 */
import { type PlacementPolicy, type PlacementPolicyName, placementPolicies } from './policies.ts';
import { choicesOf, giveBack, type Room, type Shape, take } from './room.ts';
import type { Workload } from './workload.ts';

export interface Placement {
  /** The host's place in the list that the placer was made of. */
  host: number;
  devices: readonly number[];
}

interface Scored {
  score: number;
  devices: readonly number[];
}

interface RoomClass {
  key: string;
  room: Room;
  /** Ascending. */
  hosts: number[];
  /** By the shape's key; null where it does not fit. */
  scored: Map<string, Scored | null>;
}

export interface PlacerOptions {
  hosts: readonly Room[];
  workload: Workload;
  policy: PlacementPolicyName;
}

export class Placer {
  readonly #workload: Workload;
  readonly #policy: PlacementPolicy;
  readonly #classes = new Map<string, RoomClass>();
  readonly #classOf: RoomClass[] = [];

  constructor(options: PlacerOptions) {
    this.#workload = options.workload;
    this.#policy = placementPolicies[options.policy];
    for (const [host, room] of options.hosts.entries()) this.#settle(host, room);
  }

  room(host: number): Room {
    return this.#classAt(host).room;
  }

  /** Takes the best place for the shape; null, and nothing taken, when it fits nowhere now. */
  place(shape: Shape): Placement | null {
    const key = keyOfShape(shape);
    let best: { scored: Scored; host: number } | null = null;
    for (const one of this.#classes.values()) {
      const scored = this.#scored(one, shape, key);
      if (!scored) continue;
      const host = one.hosts[0]!;
      const isBetter =
        !best || scored.score < best.scored.score || (scored.score === best.scored.score && host < best.host);
      if (isBetter) best = { scored, host };
    }
    if (!best) return null;
    const { host, scored } = best;
    this.#move(host, take(this.room(host), shape, scored.devices));
    return { host, devices: scored.devices };
  }

  /** What ended gives its room back. */
  release(shape: Shape, placement: Placement): void {
    this.#move(placement.host, giveBack(this.room(placement.host), shape, placement.devices));
  }

  #scored(one: RoomClass, shape: Shape, key: string): Scored | null {
    const known = one.scored.get(key);
    if (known !== undefined) return known;
    let best: Scored | null = null;
    for (const devices of choicesOf(one.room, shape)) {
      const score = roundOff(this.#policy(one.room, take(one.room, shape, devices), this.#workload));
      if (!best || score < best.score) best = { score, devices };
    }
    one.scored.set(key, best);
    return best;
  }

  #move(host: number, room: Room): void {
    const old = this.#classAt(host);
    old.hosts.splice(old.hosts.indexOf(host), 1);
    if (old.hosts.length === 0) this.#classes.delete(old.key);
    this.#settle(host, room);
  }

  #settle(host: number, room: Room): void {
    const key = [room.model, room.cpuMilli, room.memoryMib, ...room.freeMilli].join();
    let one = this.#classes.get(key);
    if (!one) {
      one = { key, room, hosts: [], scored: new Map() };
      this.#classes.set(key, one);
    }
    const at = one.hosts.findIndex((other) => other > host);
    one.hosts.splice(at === -1 ? one.hosts.length : at, 0, host);
    this.#classOf[host] = one;
  }

  #classAt(host: number): RoomClass {
    const one = this.#classOf[host];
    if (!one) throw new RangeError(`there is no host ${host}`);
    return one;
  }
}

/** Sums of shares differ in their last digits with the order of adding: that is no reason to prefer a host. */
function roundOff(score: number): number {
  return Math.round(score * 1e6) / 1e6;
}

function keyOfShape(shape: Shape): string {
  return [shape.cpuMilli, shape.memoryMib, shape.gpus, shape.gpuMilli, shape.models?.join('|')].join();
}
