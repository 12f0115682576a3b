/**
 * Where a job goes: the host whose free GPUs lose least of their use (mix.ts), the first by name where two are as good.
 * A host that is reserved takes a job that is predicted to be gone by then, or fits beside; and, where there is no
 * other place, a job of a tier below its floor takes it from a tier that has its own.
 */
import { hostMayTake } from '../contain/contain.ts';
import type { Host, Reservation } from '../fleet/host.ts';
import type { Row } from '../jobs/job-table.ts';
import type { ShapeClass } from '../queue/shape-class.ts';
import { freeBy, longestMs } from '../reserve/predict-end.ts';
import type { SchedulerState } from '../state.ts';

export interface Request {
  row: Row;
  shape: ShapeClass;
  /** What its tier may still take, by price. */
  budgetMilli: number;
}

/** The best ordinary place; a reserved host is none. */
export function findPlace(state: SchedulerState, { shape, budgetMilli }: Request): Host | null {
  const { gpus } = shape;
  let best: Host | null = null;
  let bestScore = Number.POSITIVE_INFINITY;
  for (const kind of shape.kinds) {
    if (gpus * kind.priceMilli > budgetMilli) continue;
    for (let free = gpus; free < kind.levels.length; free++) {
      const level = kind.levels[free]!;
      if (level.size === 0) continue;
      const score = state.mix.gradient(kind, free, gpus);
      if (score > bestScore) continue;
      const host = firstAllowed(state, shape, level);
      if (host && (score < bestScore || host.rank < best!.rank)) {
        best = host;
        bestScore = score;
      }
    }
  }
  return best;
}

/** A place in front of a reservation, or beside it. */
export function findHole(state: SchedulerState, request: Request, nowMs: number): Host | null {
  for (const host of state.fleet.reserved)
    if (couldTake(state, request, host) && isHarmless(state, request, host.reservation!, nowMs)) return host;
  return null;
}

/** A reserved host of which `yields` says that its holder gives way. */
export function findYielding(
  state: SchedulerState,
  request: Request,
  yields: (holder: Reservation) => boolean,
): Host | null {
  for (const host of state.fleet.reserved)
    if (!host.reservation!.nominated && couldTake(state, request, host) && yields(host.reservation!))
      return host;
  return null;
}

export function couldTake(state: SchedulerState, { shape, budgetMilli }: Request, host: Host): boolean {
  const { gpus, kinds, avoids } = shape;
  return (
    host.phase === 'up' &&
    host.free >= gpus &&
    gpus * host.kind.priceMilli <= budgetMilli &&
    kinds.includes(host.kind) &&
    !avoids.includes(host.spec.hostId) &&
    isTrusted(state, shape, host)
  );
}

function isHarmless(
  state: SchedulerState,
  { row, shape }: Request,
  holder: Reservation,
  nowMs: number,
): boolean {
  if (holder.nominated || state.jobs.templateOf(holder.row).interactive) return false;
  if (nowMs + longestMs(state, row) <= holder.startMs) return true;
  return freeBy(state, holder.host, holder.startMs, nowMs) - holder.gpus >= shape.gpus;
}

function firstAllowed(
  state: SchedulerState,
  shape: ShapeClass,
  level: { next(from: number): number },
): Host | null {
  for (let rank = level.next(0); rank !== -1; rank = level.next(rank + 1)) {
    const host = state.fleet.ranked[rank]!;
    if (shape.avoids.includes(host.spec.hostId)) continue;
    if (isTrusted(state, shape, host)) return host;
  }
  return null;
}

function isTrusted({ contain }: SchedulerState, { avoids }: ShapeClass, host: Host): boolean {
  return hostMayTake(contain, host.spec.hostId, {
    failures: avoids.length,
    runningThere: host.attempts.length,
  });
}
