/**
 * What is to happen now, as events: pure but for the state it is given, on which each event is applied as it is made
 * (the next decision must see it). In this order: what time has brought (deadlines, holds, overdue attempts), what the
 * containment of failures wants, claims that can be redeemed, jobs onto GPUs, what is free in front of reservations,
 * reservations for gangs, the size of the fleet, preemption for those that can wait neither for GPUs nor for a new host.
 *
 * The events are to be committed before anybody acts on them. Where the commit fails, the state has seen what never
 * happened: it is to be thrown away and built anew. A round makes at most `roundEventsMax` events (then more is to be
 * decided at once) and returns none when there is nothing to decide.
 */
import { limits } from '@cellbook/shared/limits.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { backfill } from './decide/backfill.ts';
import { redeemClaims } from './decide/claims.ts';
import { containFailures } from './decide/contain.ts';
import { dispatch } from './decide/dispatch.ts';
import { expire } from './decide/expire.ts';
import { reserveForGangs } from './decide/reserve.ts';
import { scaleFleet } from './decide/scale.ts';
import { Turn } from './decide/turn.ts';
import type { SchedulerEvent } from './model/event.ts';
import { preempt } from './preempt/preempt.ts';
import type { SchedulerState } from './state.ts';

export function decide(state: SchedulerState, nowMs: number, random: Random): SchedulerEvent[] {
  const turn = new Turn(state, nowMs, random, limits.scheduler.roundEventsMax);
  expire(turn);
  containFailures(turn);
  redeemClaims(turn);
  dispatch(turn);
  backfill(turn);
  reserveForGangs(turn);
  scaleFleet(turn);
  preempt(turn);
  return turn.events;
}
