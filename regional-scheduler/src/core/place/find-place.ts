/**
 * Where a job goes: the host whose free GPUs lose least of their use (mix.ts); of those that are as good the one whose
 * rack has least left, so that whole racks stay free for what needs much, or can be taken away; then the first by name.
 * Only on hosts that have the version it is to run, or do not tell what they have. Of a job that has failed other racks
 * than those it failed in come before all that; where nothing else is free they do not keep it from running.
 */
import { hostMayTake, versionOf } from '../contain/contain.ts';
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

/** The best ordinary place; a reserved host is none. */
export function findPlace(state: SchedulerState, request: Request): Host | null {
  for (const isShunned of shunned(state, request)) {
    const host = bestPlace(state, request, isShunned);
    if (host) return host;
  }
  return null;
}

type IsShunned = (host: Host) => boolean;

/** There is room where it may run, on a host that has its binary in another version: for others of its class. */
export function isVersionAllItLacks(state: SchedulerState, request: Request): boolean {
  if (!lackingVersion(state, request.row)) return false;
  const of = `${state.jobs.templateOf(request.row).binary}@`;
  const { avoids } = request.shape;
  const isOther = ({ binaries, spec }: Host) =>
    avoids.includes(spec.hostId) || !binaries || ![...binaries].some((named) => named.startsWith(of));
  return bestPlace(state, request, isOther) !== null;
}

/** What is shunned first, and then, where there is nothing else, less of it. */
function shunned(state: SchedulerState, { row, shape: { avoids } }: Request): IsShunned[] {
  const lacks = lackingVersion(state, row);
  if (avoids.length === 0) return [lacks ?? nobody];
  const { hosts } = state.fleet;
  const racks = new Set(avoids.flatMap((hostId) => hosts.get(hostId)?.spec.rack ?? []));
  const failed: IsShunned = ({ spec }) => avoids.includes(spec.hostId);
  const near: IsShunned = (host) => failed(host) || racks.has(host.spec.rack);
  if (!lacks) return [near, failed];
  return [(host) => lacks(host) || near(host), (host) => lacks(host) || failed(host)];
}

/** Hosts that tell what they have, and do not have what the job is to run; null: nobody can say. */
function lackingVersion(state: SchedulerState, row: Row): IsShunned | null {
  if (!state.fleet.census.tellsBinaries) return null;
  const named = versionToRun(state, row);
  if (named === null) return null;
  return ({ binaries }) => binaries !== null && !binaries.has(named);
}

/** `binary@version`; null: nobody has announced its binary. */
export function versionToRun({ jobs, contain, tries }: SchedulerState, row: Row): string | null {
  const { binary } = jobs.templateOf(row);
  const version = versionOf(contain, binary, jobs.ids[row]!, tries.get(row)?.failures ?? []);
  return version === null ? null : `${binary}@${version}`;
}

/** Whether an agent there would not refuse it. */
export function hasVersion(state: SchedulerState, row: Row, host: Host): boolean {
  return host.binaries === null || !lackingVersion(state, row)?.(host);
}

const nobody: IsShunned = () => false;

function bestPlace(
  state: SchedulerState,
  { shape, budgetMilli }: Request,
  isShunned: IsShunned,
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
      const host = fullestAllowed(state, shape, level, isShunned);
      if (host && (score < bestScore || isFuller(host, best!))) {
        best = host;
        bestScore = score;
      }
    }
  }
  return best;
}

/** Of two that are as good: in the rack with least left, then by name. */
const isFuller = (a: Host, b: Host): boolean =>
  a.rack.free < b.rack.free || (a.rack.free === b.rack.free && a.rank < b.rank);

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

function fullestAllowed(
  state: SchedulerState,
  shape: ShapeClass,
  level: { next(from: number): number },
  isShunned: IsShunned,
): Host | null {
  const { ranked, racks } = state.fleet;
  let best: Host | null = null;
  for (let rank = level.next(0); rank !== -1; rank = level.next(rank + 1)) {
    const host = ranked[rank]!;
    if (best !== null && !isFuller(host, best)) continue;
    if (isShunned(host) || !isTrusted(state, shape, host)) continue;
    best = host;
    // Where all stand in one the first is it.
    if (racks.size === 1) break;
  }
  return best;
}

export function isTrusted({ contain }: SchedulerState, { avoids }: ShapeClass, host: Host): boolean {
  return hostMayTake(contain, host.spec.hostId, {
    failures: avoids.length,
    runningThere: host.attempts.length,
  });
}
