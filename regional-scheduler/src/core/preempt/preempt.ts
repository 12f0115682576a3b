/**
 * Stopping some so that others start. Only for who would miss his tier's target otherwise, only from tiers that hold
 * more than they are entitled to, never twice too often of one job and never before it has run a while, only as fast
 * as the tier's bucket allows; and, judged on those who would really go: the wait it saves must outweigh what they
 * lose, and the sharing must be better after it (shares.ts). What they free is nominated to whom it is for.
 */

import type { Turn } from '../decide/turn.ts';
import type { Host, LiveAttempt } from '../fleet/host.ts';
import { couldAfford } from '../place/find-place.ts';
import type { ShapeClass } from '../queue/shape-class.ts';
import type { TierQueue } from '../queue/tier-queue.ts';
import { budgetMilli } from '../share/shares-of.ts';
import { tierNames } from '../share/tiers.ts';
import type { SchedulerState } from '../state.ts';
import { tokensAt } from './bucket.ts';
import { improves, mayTakeFrom, type Shares, sharesOf } from './shares.ts';
import {
  chooseVictims,
  type Freeable,
  freeableOf,
  restoreMs,
  type VictimRules,
  type Victims,
} from './victims.ts';
import { Waits } from './wait.ts';

/** Of each tier, in each round: the next round looks at the next ones. */
const shapesLooked = 4;

export function preempt(turn: Turn): void {
  // In a round that was cut short it is not known yet who fits nowhere.
  if (turn.isFull) return;
  const waits = new Waits(turn.state, turn.nowMs);
  for (const tier of tierNames.toReversed()) {
    const queue = turn.state.tiers[tier];
    if (queue.queued === 0 || tokens(turn, queue) < 1) continue;
    const shares = sharesOf(turn.state);
    if (!tierNames.some((victim) => mayTakeFrom(shares, tier, victim))) continue;
    const budget = budgetMilli(turn.state, queue);
    let freeables: Freeable[] | null = null;
    for (const shape of queue.inOrder(shapesLooked, (one) => couldAfford(one, budget))) {
      if (turn.isFull) return;
      const waitMs = worthMs(turn, queue, shape, waits);
      if (waitMs === null) continue;
      freeables ??= freeablesOf(turn, queue, shares);
      // What the others could have is another matter then, and the next round's.
      if (preemptFor(turn, queue, shape, { shares, waitMs, freeables })) break;
    }
  }
}

/** How long it would wait without; null: it waits for nobody, or not too long. */
function worthMs({ state, nowMs }: Turn, queue: TierQueue, shape: ShapeClass, waits: Waits): number | null {
  const row = queue.firstOf(shape);
  const claim = state.reservations.get(state.jobs.ids[row]!);
  if (claim?.nominated) return null;
  const queuedMs = state.tries.get(row)?.queuedMs ?? state.jobs.submittedMs[row]!;
  // The first of the shape, and everybody of its tier behind it: whichever waits longer.
  const allMs = waits.untilMs(shape, Math.ceil(queue.queuedMilli / 1000));
  const waitMs = Math.max(allMs, (claim?.startMs ?? nowMs) - nowMs);
  const isLate = nowMs - queuedMs + waitMs > state.policy.tiers[queue.tier].startMsTarget;
  return isLate ? waitMs : null;
}

interface Prospect {
  shares: Shares;
  waitMs: number;
  freeables: readonly Freeable[];
}

function preemptFor(turn: Turn, queue: TierQueue, shape: ShapeClass, prospect: Prospect): boolean {
  const { state, nowMs } = turn;
  const { policy } = state;
  const { shares, waitMs } = prospect;
  const victims = cheapest(state, queue, shape, prospect);
  if (!victims || victims.attempts.length > tokens(turn, queue)) return false;
  const { host, attempts, lostMs } = victims;
  if (gainMs(shape, host, waitMs) <= policy.preemption.gainMin * lostMs) return false;
  if (!improves(shares, movesOf(queue, shape, victims))) return false;
  const forJobId = state.jobs.ids[queue.firstOf(shape)]!;
  const stopByMs = nowMs + policy.preemption.stopMs;
  for (const { jobId, attemptId } of attempts)
    turn.emit({ type: 'preemption_asked', jobId, attemptId, forJobId, stopByMs });
  return true;
}

/** What is gained by waiting no longer, in priced GPU-milliseconds. */
function gainMs({ gpus }: ShapeClass, { kind }: Pick<Host, 'kind'>, waitMs: number): number {
  return (waitMs * gpus * kind.priceMilli) / 1000;
}

function cheapest(
  state: SchedulerState,
  queue: TierQueue,
  shape: ShapeClass,
  { waitMs, freeables }: Prospect,
): Victims | null {
  const budget = budgetMilli(state, queue);
  const isEligible = (host: Host) =>
    shape.kinds.includes(host.kind) &&
    shape.gpus * host.kind.priceMilli <= budget &&
    !shape.avoids.includes(host.spec.hostId) &&
    host.reservation?.nominated !== true;
  const { gainMin } = state.policy.preemption;
  let best: Victims | null = null;
  for (const freeable of freeables) {
    const { host } = freeable;
    if (!isEligible(host)) continue;
    const most: number = best?.lostMs ?? gainMs(shape, host, waitMs) / gainMin;
    best = chooseVictims(freeable, shape.gpus, most) ?? best;
  }
  return best;
}

function freeablesOf(turn: Turn, queue: TierQueue, shares: Shares): Freeable[] {
  const rules = rulesFor(turn, queue, shares);
  const found: Freeable[] = [];
  for (const host of turn.state.fleet.ranked) {
    const one = host.phase === 'up' ? freeableOf(host, rules) : null;
    if (one) found.push(one);
  }
  return found;
}

function rulesFor({ state, nowMs }: Turn, queue: TierQueue, shares: Shares): VictimRules {
  const { ranMsMin, perJobMax } = state.policy.preemption;
  const mayTake = {
    free: mayTakeFrom(shares, queue.tier, 'free'),
    paid: mayTakeFrom(shares, queue.tier, 'paid'),
    enterprise: mayTakeFrom(shares, queue.tier, 'enterprise'),
  };
  return {
    isLeaving: ({ tries, preempting }) => preempting !== null || tries.cancel !== null,
    mayStop: ({ tier, startedMs, preemptible, tries }) =>
      mayTake[tier] &&
      startedMs !== null &&
      nowMs - startedMs >= ranMsMin &&
      preemptible &&
      tries.preemptions < perJobMax,
    lostMs: (attempt) => lostMs(attempt, nowMs),
  };
}

/** What stopping it now throws away. */
function lostMs(attempt: LiveAttempt, nowMs: number): number {
  const { gpus, priceMilli, savedAtMs, startedMs, placedMs, checkpoints } = attempt;
  const since = checkpoints ? savedAtMs : (startedMs ?? placedMs);
  return (gpus * priceMilli * (nowMs - since + restoreMs)) / 1000;
}

function movesOf(queue: TierQueue, shape: ShapeClass, { host, attempts }: Victims) {
  return {
    to: queue.tier,
    gainsMilli: shape.gpus * host.kind.priceMilli,
    losses: attempts.map(({ tier, gpus, priceMilli }) => ({ tier, milli: gpus * priceMilli })),
  };
}

function tokens({ state, nowMs }: Turn, queue: TierQueue): number {
  return tokensAt(queue, state.policy.preemption, nowMs);
}
