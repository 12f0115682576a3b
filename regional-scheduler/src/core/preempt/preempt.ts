/**
 * Stopping some so that others start. Only for who would miss his tier's target otherwise, only from tiers that hold
 * more than they are entitled to, never twice too often of one job and never before it has run a while, only as fast
 * as the tier's bucket allows; and, judged on those who would really go: the wait it saves must outweigh what they
 * lose, and the sharing must be better after it (shares.ts). What they free is nominated to whom it is for.
 */

import type { Turn } from '../decide/turn.ts';
import type { LiveAttempt } from '../fleet/host.ts';
import { couldAfford } from '../place/find-place.ts';
import type { ShapeClass } from '../queue/shape-class.ts';
import type { TierQueue } from '../queue/tier-queue.ts';
import { freeAtMs } from '../reserve/predict-end.ts';
import { budgetMilli } from '../share/shares-of.ts';
import { tierNames } from '../share/tiers.ts';
import type { SchedulerState } from '../state.ts';
import { tokensAt } from './bucket.ts';
import { improves, mayTakeFrom, type Shares, sharesOf } from './shares.ts';
import { chooseVictims, restoreMs, type Victims } from './victims.ts';
import { waitMs } from './wait.ts';

/** Of each tier, in each round: the next round looks at the next ones. */
const shapesLooked = 4;

export function preempt(turn: Turn): void {
  // In a round that was cut short it is not known yet who fits nowhere.
  if (turn.isFull) return;
  for (const tier of tierNames.toReversed()) {
    const queue = turn.state.tiers[tier];
    if (queue.queued === 0 || tokens(turn, queue) < 1) continue;
    const shares = sharesOf(turn.state);
    if (!tierNames.some((victim) => mayTakeFrom(shares, tier, victim))) continue;
    const budget = budgetMilli(turn.state, queue);
    const stuck = queue.inOrder(shapesLooked, (shape) => couldAfford(shape, budget));
    for (const shape of stuck) if (!turn.isFull) preemptFor(turn, queue, shape);
  }
}

function preemptFor(turn: Turn, queue: TierQueue, shape: ShapeClass): void {
  const { state, nowMs } = turn;
  const row = queue.firstOf(shape);
  const jobId = state.jobs.ids[row]!;
  if (state.reservations.get(jobId)?.nominated) return;
  const { policy } = state;
  const queuedMs = state.tries.get(row)?.queuedMs ?? state.jobs.submittedMs[row]!;
  const predictedMs = waitWithout(turn, queue, shape);
  if (nowMs - queuedMs + predictedMs <= policy.tiers[queue.tier].startMsTarget) return;
  const shares = sharesOf(state);
  const victims = cheapest(turn, queue, shape, shares);
  if (!victims || victims.attempts.length > tokens(turn, queue)) return;
  const { host, attempts, lostMs } = victims;
  const gainMs = (predictedMs * shape.gpus * host.kind.priceMilli) / 1000;
  if (gainMs <= policy.preemption.gainMin * lostMs) return;
  if (!improves(shares, movesOf(queue, shape, victims))) return;
  const stopByMs = nowMs + policy.preemption.stopMs;
  for (const { jobId: victim, attemptId } of attempts)
    turn.emit({ type: 'preemption_asked', jobId: victim, attemptId, forJobId: jobId, stopByMs });
}

/** How long the first of the shape, and everybody of its tier behind it, would wait: whichever is longer. */
function waitWithout({ state, nowMs }: Turn, queue: TierQueue, shape: ShapeClass): number {
  const all = waitMs(state, shape, Math.ceil(queue.queuedMilli / 1000), nowMs);
  if (shape.gpus === 1) return all;
  let first = Number.POSITIVE_INFINITY;
  for (const host of state.fleet.ranked) {
    const isEligible = host.phase === 'up' && shape.kinds.includes(host.kind);
    if (isEligible) first = Math.min(first, freeAtMs(state, host, shape.gpus, nowMs));
  }
  return first === Number.POSITIVE_INFINITY ? all : Math.max(all, first - nowMs);
}

function cheapest(turn: Turn, queue: TierQueue, shape: ShapeClass, shares: Shares): Victims | null {
  const { state, nowMs } = turn;
  const { ranMsMin, perJobMax } = state.policy.preemption;
  const budget = budgetMilli(state, queue);
  const rules = {
    isLeaving: ({ row, preempting }: LiveAttempt) =>
      preempting !== null || (state.tries.get(row)?.cancel ?? null) !== null,
    mayStop: ({ row, tier, startedMs }: LiveAttempt) =>
      startedMs !== null &&
      nowMs - startedMs >= ranMsMin &&
      mayTakeFrom(shares, queue.tier, tier) &&
      state.jobs.templateOf(row).preemptible &&
      state.tries.get(row)!.preemptions < perJobMax,
    lostMs: (attempt: LiveAttempt) => lostMs(state, attempt, nowMs),
  };
  let best: Victims | null = null;
  for (const host of state.fleet.ranked) {
    const isEligible =
      host.phase === 'up' &&
      shape.kinds.includes(host.kind) &&
      shape.gpus * host.kind.priceMilli <= budget &&
      !shape.avoids.includes(host.spec.hostId) &&
      host.reservation?.nominated !== true;
    if (!isEligible) continue;
    const victims = chooseVictims(host, shape.gpus, rules);
    if (victims && victims.attempts.length > 0 && victims.lostMs < (best?.lostMs ?? Number.POSITIVE_INFINITY))
      best = victims;
  }
  return best;
}

/** What stopping it now throws away, in priced GPU-milliseconds. */
function lostMs(state: SchedulerState, attempt: LiveAttempt, nowMs: number): number {
  const { row, gpus, priceMilli, savedAtMs, startedMs, placedMs } = attempt;
  const since = state.jobs.templateOf(row).checkpoints ? savedAtMs : (startedMs ?? placedMs);
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
