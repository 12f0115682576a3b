/**
 * Time slices within a tier, by attained service (Tiresias, NSDI 2019; there is no telling how long a job will run). Who
 * has run for a slice at a stretch, and for longer altogether than one that waits, makes way for it where waiting would be
 * too long: then a job of a minute does not wait for one of a week. Only jobs that go on from where they were asked to
 * stop, so that a slice costs a restore; only where that is less than the wait that it saves; and only of customers that
 * have had as much as the one that waits, so that slices do not undo the sharing among customers (unless it has waited for eight slices). Whoever is stopped
 * waits his turn by what he has attained; having run for a slice, he may be stopped once more (victims.ts).
 */
import type { JobId } from '@cellbook/shared/ids.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { isLetRun } from '../decide/let-run.ts';
import type { Turn } from '../decide/turn.ts';
import type { Host, LiveAttempt } from '../fleet/host.ts';
import type { Row } from '../jobs/job-table.ts';
import { hasVersion } from '../place/find-place.ts';
import type { ShapeClass } from '../queue/shape-class.ts';
import type { TierQueue } from '../queue/tier-queue.ts';
import { tierNames } from '../share/tiers.ts';
import { tokensOf } from './bucket.ts';
import {
  chooseVictims,
  freeableOf,
  hasRunFor,
  mayStopAgain,
  restoreMs,
  type VictimRules,
  type Victims,
} from './victims.ts';
import type { Waits } from './wait.ts';
import { worthMs } from './worth.ts';

/** Of each tier, in each round; of each shape, the first of so many customers: one that has had much waits for his own. */
const shapesLooked = 4;
const linesLooked = 16;
/**
 * Of a tier in a round, for nothing: each looks at every host. Where a round begins is drawn, so that those for whom
 * there is nothing keep nobody behind them from his turn for longer than some rounds.
 */
const inVainMax = 4;

export function withinTiers(turn: Turn, waits: Waits): void {
  const { sliceMs } = turn.state.policy.preemption;
  if (sliceMs === undefined) return;
  for (const tier of tierNames) {
    const queue = turn.state.tiers[tier];
    if (queue.queued === 0 || !hasLongRunner(turn, queue, sliceMs)) continue;
    const { census } = turn.state.fleet;
    let left = inVainMax;
    const isWanted = ({ kinds }: ShapeClass) => kinds.some((kind) => census.kinds.has(kind));
    // At its ceiling too: who stops gives back what the tier holds.
    const first = queue
      .inOrder(shapesLooked, isWanted)
      .flatMap((shape) =>
        queue.firstLines(shape, linesLooked).map(({ jobs }) => ({ shape, row: jobs.top! })),
      );
    for (const waiting of fromAnywhere(first, turn.random)) {
      if (turn.isFull || left === 0 || tokensOf(turn, queue) < 1) break;
      if (!isLetRun(turn, waiting.row)) continue;
      const waitMs = worthMs(turn, queue, waiting, waits);
      if (waitMs === null) continue;
      const asked = turn.events.length;
      makeWay(turn, queue, waiting, { waitMs, sliceMs });
      if (turn.events.length === asked) left--;
    }
  }
}

function fromAnywhere<T>(all: readonly T[], random: Random): T[] {
  const from = all.length > inVainMax ? random.int(all.length) : 0;
  return [...all.slice(from), ...all.slice(0, from)];
}

/** Most rounds have none, and look no further: attempts are in the order in which they were placed. */
function hasLongRunner({ state, nowMs }: Turn, { tier }: TierQueue, sliceMs: number): boolean {
  for (const attempt of state.attempts.values()) {
    if (nowMs - attempt.placedMs < sliceMs) return false;
    if (attempt.tier === tier && hasRunFor(attempt, sliceMs, nowMs)) return true;
  }
  return false;
}

function makeWay(
  turn: Turn,
  queue: TierQueue,
  { shape, row }: { shape: ShapeClass; row: Row },
  { waitMs, sliceMs }: { waitMs: number; sliceMs: number },
): void {
  const { state, nowMs } = turn;
  const { stopMs, gainMin } = state.policy.preemption;
  const forJobId = state.jobs.ids[row]!;
  const rules = rulesFor(turn, queue, row, sliceMs);
  let best: Victims | null = null;
  for (const host of state.fleet.ranked) {
    if (!isEligible(host, shape, forJobId) || !hasVersion(state, row, host)) continue;
    const freeable = freeableOf(host, rules);
    const most: number = best?.lostMs ?? (waitMs * shape.gpus * host.kind.priceMilli) / 1000 / gainMin;
    best = (freeable && chooseVictims(freeable, shape.gpus, most)) ?? best;
  }
  if (!best || best.attempts.length > tokensOf(turn, queue)) return;
  for (const { jobId, attemptId } of best.attempts)
    turn.emit({ type: 'preemption_asked', jobId, attemptId, forJobId, stopByMs: nowMs + stopMs });
}

function isEligible(host: Host, { kinds, avoids }: ShapeClass, forJobId: JobId): boolean {
  return (
    host.phase === 'up' &&
    (host.reservation === null || host.reservation.jobId === forJobId) &&
    kinds.includes(host.kind) &&
    !avoids.includes(host.spec.hostId)
  );
}

function rulesFor({ state, nowMs }: Turn, queue: TierQueue, row: Row, sliceMs: number): VictimRules {
  const { jobs, policy, tries } = state;
  const waiting = queue.customer(jobs.orgOf(row));
  const own = tries.get(row);
  const attainedMs = own?.ranMs ?? 0;
  const isStarved = nowMs - (own?.queuedMs ?? jobs.submittedMs[row]!) >= starvedSlices * sliceMs;
  const hasHadAsMuch = (attempt: LiveAttempt) => {
    const customer = queue.customer(jobs.orgOf(attempt.row));
    return isStarved || customer === waiting || customer.tag >= waiting.tag;
  };
  return {
    isLeaving: ({ tries: of, preempting }) => preempting !== null || of.cancel !== null,
    mayStop: (attempt) =>
      attempt.tier === queue.tier &&
      attempt.checkpoints &&
      hasRunFor(attempt, sliceMs, nowMs) &&
      attempt.tries.ranMs + nowMs - attempt.startedMs! > attainedMs + sliceMs / 2 &&
      mayStopAgain(attempt, policy, nowMs) &&
      hasHadAsMuch(attempt),
    // It is saved when it is asked to stop; of two, who has run longest goes.
    lostMs: ({ gpus, priceMilli, startedMs }) =>
      (gpus * priceMilli * (restoreMs + policy.preemption.stopMs * shareOf(nowMs - startedMs!))) / 1000,
  };
}

/** Who has waited for so many slices is not asked what his customer has had: a gang needs a host that nobody else is on. */
const starvedSlices = 8;

/** From 1 down to 0 the longer it has run. */
function shareOf(ranMs: number): number {
  return 1 / (1 + ranMs / 3_600_000);
}
