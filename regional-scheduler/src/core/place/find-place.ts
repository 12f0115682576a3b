/**
 * Where a job goes: the host whose free GPUs lose least of their use (mix.ts), the first by name where two are as good.
 */
import { hostMayTake } from '../contain/contain.ts';
import type { Host } from '../fleet/host.ts';
import type { Row } from '../jobs/job-table.ts';
import type { ShapeClass } from '../queue/shape-class.ts';
import type { SchedulerState } from '../state.ts';

export interface Request {
  row: Row;
  shape: ShapeClass;
  /** What its tier may still take, by price. */
  budgetMilli: number;
}

/** The best ordinary place; a reserved host is none. What failed on one host had better not share another's rack. */
export function findPlace(state: SchedulerState, request: Request): Host | null {
  const { avoids } = request.shape;
  if (avoids.length === 0) return bestPlace(state, request, nobody);
  const { hosts } = state.fleet;
  const racks = new Set(avoids.flatMap((hostId) => hosts.get(hostId)?.spec.rack ?? []));
  return (
    bestPlace(state, request, ({ spec }) => avoids.includes(spec.hostId) || racks.has(spec.rack)) ??
    bestPlace(state, request, ({ spec }) => avoids.includes(spec.hostId))
  );
}

const nobody = (): boolean => false;

function bestPlace(
  state: SchedulerState,
  { shape, budgetMilli }: Request,
  isAvoided: (host: Host) => boolean,
): Host | null {
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
      const host = firstAllowed(state, shape, level, isAvoided);
      if (host && (score < bestScore || host.rank < best!.rank)) {
        best = host;
        bestScore = score;
      }
    }
  }
  return best;
}

/** Whether its tier may take so much on one at least of the kinds that there are. */
export function couldAfford(
  { fleet }: SchedulerState,
  { kinds, gpus }: ShapeClass,
  budgetMilli: number,
): boolean {
  return kinds.some((kind) => gpus * kind.priceMilli <= budgetMilli && fleet.census.kinds.has(kind));
}

/** Whether it has room for the shape now, reserved or not. */
export function couldTake(
  state: SchedulerState,
  { shape, budgetMilli }: Omit<Request, 'row'>,
  host: Host,
): boolean {
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

function firstAllowed(
  state: SchedulerState,
  shape: ShapeClass,
  level: { next(from: number): number },
  isAvoided: (host: Host) => boolean,
): Host | null {
  for (let rank = level.next(0); rank !== -1; rank = level.next(rank + 1)) {
    const host = state.fleet.ranked[rank]!;
    if (isAvoided(host)) continue;
    if (isTrusted(state, shape, host)) return host;
  }
  return null;
}

export function isTrusted({ contain }: SchedulerState, { avoids }: ShapeClass, host: Host): boolean {
  return hostMayTake(contain, host.spec.hostId, {
    failures: avoids.length,
    runningThere: host.attempts.length,
  });
}
