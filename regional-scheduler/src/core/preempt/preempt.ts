/**
 * Stopping some so that others start. Only for who would miss his tier's target otherwise, only while a lower tier holds
 * more than it is entitled to, never twice too often of one job and never before it has run a while, only as fast as
 * the tier's bucket allows; and, judged on those who would really go: the wait it saves, by the weight of its tier, must
 * outweigh what they lose, by the weights of theirs, and the sharing must be better after it (shares.ts). What they free
 * is nominated to whom it is for. A new host that comes before the target has passed is waited for, and so is one that
 * comes sooner than what the victims lose is made good (until-node.ts).
 *
 * A gang needs a whole host, and hosts run jobs of all tiers side by side: were only those of the tier that holds too
 * much to go, hardly any host could be cleared. So any of a lower tier may have to, at twice the cost: what the others
 * hold too much is theirs next.
 */

import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import { isLetRun } from '../decide/let-run.ts';
import type { Turn } from '../decide/turn.ts';
import type { Host, LiveAttempt } from '../fleet/host.ts';
import { couldAfford, hasVersion } from '../place/find-place.ts';
import type { ShapeClass } from '../queue/shape-class.ts';
import type { TierQueue } from '../queue/tier-queue.ts';
import { budgetMilli } from '../share/shares-of.ts';
import { rankOf, tierNames } from '../share/tiers.ts';
import type { SchedulerState } from '../state.ts';
import { tokensOf } from './bucket.ts';
import { improves, mayTakeFrom, type Shares, sharesOf } from './shares.ts';
import { withinTiers } from './slice.ts';
import {
  chooseVictims,
  type Freeable,
  freeableOf,
  hasRunFor,
  mayStopAgain,
  restoreMs,
  type VictimRules,
  type Victims,
} from './victims.ts';
import { Waits } from './wait.ts';
import { worthMs } from './worth.ts';

/** Of each tier, in each round: the next round looks at the next ones. */
const shapesLooked = 4;

export function preempt(turn: Turn): void {
  // In a round that was cut short it is not known yet who fits nowhere.
  if (turn.isFull) return;
  const waits = new Waits(turn.state, turn.nowMs);
  amongTiers(turn, waits);
  withinTiers(turn, waits);
}

function amongTiers(turn: Turn, waits: Waits): void {
  for (const tier of tierNames.toReversed()) {
    const queue = turn.state.tiers[tier];
    if (queue.queued === 0 || tokensOf(turn, queue) < 1) continue;
    const shares = sharesOf(turn.state);
    if (!tierNames.some((victim) => mayTakeFrom(shares, tier, victim))) continue;
    const budget = budgetMilli(turn.state, queue);
    let freeables: Freeable[] | null = null;
    for (const shape of queue.inOrder(shapesLooked, (one) => couldAfford(turn.state, one, budget))) {
      if (turn.isFull) return;
      const row = queue.firstOf(shape);
      // Whose class may not run at present would not run on what is freed.
      if (!isLetRun(turn, row)) continue;
      const waitMs = worthMs(turn, queue, { shape, row }, waits);
      if (waitMs === null) continue;
      freeables ??= freeablesOf(turn, queue, shares);
      // What the others could have is another matter then, and the next round's.
      if (preemptFor(turn, queue, shape, { shares, waitMs, freeables })) break;
    }
  }
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
  if (!victims || victims.attempts.length > tokensOf(turn, queue)) return false;
  const { host, attempts, lostMs } = victims;
  if (gainMs(state, queue, shape, host, waitMs) <= policy.preemption.gainMin * lostMs) return false;
  if (!improves(shares, movesOf(queue, shape, victims))) return false;
  const forJobId = state.jobs.ids[queue.firstOf(shape)]!;
  const stopByMs = nowMs + policy.preemption.stopMs;
  for (const { jobId, attemptId } of attempts)
    turn.emit({ type: 'preemption_asked', jobId, attemptId, forJobId, stopByMs });
  return true;
}

/** What is gained by waiting no longer, in priced GPU-milliseconds by the tier's weight. */
function gainMs(
  { policy }: SchedulerState,
  { tier }: TierQueue,
  { gpus }: ShapeClass,
  { kind }: Pick<Host, 'kind'>,
  waitMs: number,
): number {
  return (policy.tiers[tier].weight * waitMs * gpus * kind.priceMilli) / 1000;
}

function cheapest(
  state: SchedulerState,
  queue: TierQueue,
  shape: ShapeClass,
  { waitMs, freeables }: Prospect,
): Victims | null {
  const budget = budgetMilli(state, queue);
  const row = queue.firstOf(shape);
  const isEligible = (host: Host) =>
    shape.kinds.includes(host.kind) &&
    shape.gpus * host.kind.priceMilli <= budget &&
    !shape.avoids.includes(host.spec.hostId) &&
    mayClaim(state, queue, shape, host) &&
    hasVersion(state, row, host);
  const { gainMin } = state.policy.preemption;
  let best: Victims | null = null;
  for (const freeable of freeables) {
    const { host } = freeable;
    if (!isEligible(host)) continue;
    const most: number = best?.lostMs ?? gainMs(state, queue, shape, host, waitMs) / gainMin;
    best = chooseVictims(freeable, shape.gpus, most) ?? best;
  }
  return best;
}

/** Not what somebody was asked to stop for, nor what another of its own tier, or of a higher one, waits for already. */
function mayClaim(
  { jobs }: SchedulerState,
  queue: TierQueue,
  shape: ShapeClass,
  { reservation }: Host,
): boolean {
  if (!reservation) return true;
  if (reservation.nominated) return false;
  if (reservation.jobId === jobs.ids[queue.firstOf(shape)]) return true;
  return rankOf(reservation.tier) < rankOf(queue.tier);
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
  const { policy } = state;
  /** What a GPU-millisecond of a tier's costs; `Infinity`: it is not to be taken. */
  const costOf = (victim: Tier): number => {
    const { weight } = policy.tiers[victim];
    if (mayTakeFrom(shares, queue.tier, victim)) return weight;
    return rankOf(victim) < rankOf(queue.tier) ? 2 * weight : Number.POSITIVE_INFINITY;
  };
  const cost = { free: costOf('free'), paid: costOf('paid'), enterprise: costOf('enterprise') };
  return {
    isLeaving: ({ tries, preempting }) => preempting !== null || tries.cancel !== null,
    mayStop: (attempt) =>
      cost[attempt.tier] < Number.POSITIVE_INFINITY &&
      hasRunFor(attempt, policy.preemption.ranMsMin, nowMs) &&
      mayStopAgain(attempt, policy, nowMs),
    lostMs: (attempt) => cost[attempt.tier] * lostMs(attempt, nowMs),
  };
}

/** Whoever can is asked to save before he stops: of so many it comes to nothing, for want of time or room. */
const unsavedShare = 0.25;

/** What stopping it now throws away. */
function lostMs(attempt: LiveAttempt, nowMs: number): number {
  const { gpus, priceMilli, savedAtMs, startedMs, placedMs, checkpoints } = attempt;
  const sinceMs = nowMs - (checkpoints ? savedAtMs : (startedMs ?? placedMs));
  const atRiskMs = checkpoints ? unsavedShare * sinceMs : sinceMs;
  return (gpus * priceMilli * (atRiskMs + restoreMs)) / 1000;
}

function movesOf(queue: TierQueue, shape: ShapeClass, { host, attempts }: Victims) {
  return {
    to: queue.tier,
    gainsMilli: shape.gpus * host.kind.priceMilli,
    losses: attempts.map(({ tier, gpus, priceMilli }) => ({ tier, milli: gpus * priceMilli })),
  };
}
