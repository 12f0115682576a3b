/**
 * Whose sandbox starts next. Places are in lanes: most are anybody's, a few are for higher tiers alone, so that these
 * need not wait for a lower tier's start to end. Who comes takes the most exclusive place that is free for him. Of
 * those that wait for a place the one goes first that came first, where each tier counts as having come a while
 * before it did: enterprise passes paid and paid passes free. Nobody starves: in the lane that is anybody's, whoever
 * has waited for as long as another's head start is passed by nobody who comes after.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';

/** Something that is waited for before a step begins. */
export interface Turns {
  run<T>(work: () => Promise<T>): Promise<T>;
}

export interface Lane {
  /** Starts at once. */
  places: number;
  tiers: readonly Tier[];
}

/** Where one stands among those that wait, from 1. */
export interface QueuePlace {
  position: number;
  of: number;
}

interface Waiting {
  tier: Tier;
  workspaceId: WorkspaceId | null;
  /** When it would have come without its head start. */
  rankMs: number;
  go(lane: number): void;
}

export interface BootTurnsDeps {
  clock: Clock;
  /** The most exclusive first; asked again at each turn. `isMixed`: others than the lowest tier came of late. */
  lanes(isMixed: boolean): readonly Lane[];
  /** Told that one more waits, and holds up nothing but itself. */
  onWaiting?(): void;
}

/**
 * As many starts at once as keep so many processors busy. Once a higher tier has come half of these are for it, and
 * as many again for the highest: what a start takes grows with what runs beside it.
 */
export function lanesFor(processors: number, isMixed: boolean): Lane[] {
  const all = Math.min(processors, limits.lifecycle.startsMax / 2);
  const half = Math.ceil(all / 2);
  return [
    { places: half, tiers: ['enterprise'] },
    { places: half, tiers: ['paid', 'enterprise'] },
    { places: isMixed ? half : all, tiers: ['free', 'paid', 'enterprise'] },
  ];
}

export class BootTurns {
  readonly #deps: BootTurnsDeps;
  readonly #running: number[] = [];
  readonly #waiting: Waiting[] = [];
  /** When a higher tier than the lowest came last. */
  #aboveMs = Number.NEGATIVE_INFINITY;

  constructor(deps: BootTurnsDeps) {
    this.#deps = deps;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Whether one that came now would wait behind another workspace. */
  hasBefore(tier: Tier): boolean {
    const rankMs = this.#rankOf(tier);
    return this.#waiting.some((other) => other.workspaceId !== null && other.rankMs <= rankMs);
  }

  of(tier: Tier, workspaceId: WorkspaceId | null = null): Turns {
    return { run: (work) => this.#run(tier, workspaceId, work) };
  }

  /**
   * What is made ready for higher tiers while others start: it takes the place of a start of the lowest, before any that
   * waits, so that it is beside the starts of higher tiers and not on top of all.
   */
  readonly ahead: Turns = { run: (work) => this.#runAhead(work) };

  /** Of every workspace that waits. */
  queue(): Map<WorkspaceId, QueuePlace> {
    const inOrder = this.#waiting.toSorted((one, other) => one.rankMs - other.rankMs);
    const places = new Map<WorkspaceId, QueuePlace>();
    for (const [index, { workspaceId }] of inOrder.entries())
      if (workspaceId !== null) places.set(workspaceId, { position: index + 1, of: inOrder.length });
    return places;
  }

  async #run<T>(tier: Tier, workspaceId: WorkspaceId | null, work: () => Promise<T>): Promise<T> {
    if (tier !== 'free') this.#aboveMs = this.#deps.clock.monotonicMs();
    const lane = this.#freeLane(tier) ?? (await this.#turn(tier, workspaceId));
    try {
      return await work();
    } finally {
      this.#change(lane, -1);
      this.#letGo();
    }
  }

  async #runAhead<T>(work: () => Promise<T>): Promise<T> {
    const lane = this.#freeLane('free') ?? (await this.#turn('free', null, Number.NEGATIVE_INFINITY));
    try {
      return await work();
    } finally {
      this.#change(lane, -1);
      this.#letGo();
    }
  }

  #lanes(): readonly Lane[] {
    const { clock, lanes } = this.#deps;
    return lanes(clock.monotonicMs() - this.#aboveMs < limits.lifecycle.mixedMs);
  }

  #freeLane(tier: Tier): number | null {
    const lane = this.#lanes().findIndex(
      (each, index) => each.tiers.includes(tier) && this.#hasRoom(each, index) && !this.#isHeld(tier),
    );
    if (lane < 0) return null;
    this.#change(lane, 1);
    return lane;
  }

  #turn(tier: Tier, workspaceId: WorkspaceId | null, rankMs = this.#rankOf(tier)): Promise<number> {
    const { onWaiting } = this.#deps;
    const { promise, resolve: go } = Promise.withResolvers<number>();
    this.#waiting.push({ tier, workspaceId, rankMs, go });
    onWaiting?.();
    return promise;
  }

  #rankOf(tier: Tier): number {
    return this.#deps.clock.monotonicMs() - limits.lifecycle.headStartMsByTier[tier];
  }

  #letGo(): void {
    for (const [index, lane] of this.#lanes().entries()) {
      while (this.#hasRoom(lane, index)) {
        const next = takeFirst(
          this.#waiting,
          lane.tiers.filter((tier) => !this.#isHeld(tier)),
        );
        if (next === null) break;
        this.#change(index, 1);
        next.go(index);
      }
    }
  }

  #hasRoom({ places }: Lane, index: number): boolean {
    return (this.#running[index] ?? 0) < places;
  }

  /** Together lower tiers begin no more than keep the processors busy: the highest comes on top of that, alone. */
  #isHeld(tier: Tier): boolean {
    if (tier === 'enterprise') return false;
    const lower = this.#running.slice(1).reduce((sum, count) => sum + count, 0);
    return lower >= Math.max(...this.#deps.lanes(false).map(({ places }) => places));
  }

  #change(lane: number, by: number): void {
    this.#running[lane] = (this.#running[lane] ?? 0) + by;
  }
}

/** A few hundred at the most: looked through, since one that is sorted would be sorted at each arrival. */
function takeFirst(waiting: Waiting[], tiers: readonly Tier[]): Waiting | null {
  let first = -1;
  for (const [index, { rankMs, tier }] of waiting.entries())
    if (tiers.includes(tier) && rankMs < (waiting[first]?.rankMs ?? Number.POSITIVE_INFINITY)) first = index;
  return first < 0 ? null : (waiting.splice(first, 1)[0] ?? null);
}
