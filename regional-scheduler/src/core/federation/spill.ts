/**
 * Which queued jobs go to which region, and whether at all. A job goes where it is predicted to start sooner by more
 * than moving costs: the other's wait as it told it last, what the request and the trip take, and a margin, since both
 * predictions err. Hysteresis: spilling to a region begins at twice the margin and ends below it, so that two regions
 * with nearly equal queues exchange nothing. What was already given to a region in this round counts as queued there.
 *
 * Never: one that must stay (data residency; a repeated one), that has run here already (its checkpoint and its logs
 * are here), that a person waits in front of, that came from another region, that was offered in vain very often, or
 * that starts soon. One that others have joined stays as well (federation/joins.ts).
 */
import type { JobId, RegionId } from '@cellbook/shared/ids.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';

export interface SpillJob {
  jobId: JobId;
  tier: Tier;
  gpus: number;
  /** GPU models that will do; null: any. */
  skus: readonly string[] | null;
  gpuMemoryMib: number;
  regions: readonly RegionId[] | null;
  interactive: boolean;
  attempts: number;
  cameFromAnother: boolean;
  /** Offers so far. */
  handoff: number;
  waitHereMs: number;
  /** No host of this region can ever take it. */
  isHopelessHere: boolean;
  p50Ms: number;
}

/** What a region says of itself. */
export interface RegionStatus {
  regionId: RegionId;
  takes: boolean;
  /** Predicted wait of a job that comes last; null: the tier has no GPUs there. */
  waitMs: Record<Tier, number | null>;
  kinds: readonly { sku: string; gpuMemoryMib: number; gpusPerHost: number; gpus: number }[];
}

export interface SpillPolicy {
  /** Nothing that starts sooner than this here is moved. */
  soonMs: number;
  /** The trip, the record on both sides, and what it takes the other region to look at it. */
  moveMs: number;
  marginMs: number;
  /** Of the wait here that must be saved besides. */
  marginShare: number;
  offersMax: number;
  perRoundMax: number;
}

export const usualSpillPolicy: SpillPolicy = {
  soonMs: 30_000,
  moveMs: 5_000,
  marginMs: 30_000,
  marginShare: 0.25,
  offersMax: 100,
  perRoundMax: 100,
};

export interface Spill {
  jobId: JobId;
  to: RegionId;
  handoff: number;
}

/** `active`: regions that were spilled to in the last round. */
export function chooseSpills(
  jobs: readonly SpillJob[],
  others: readonly RegionStatus[],
  policy: SpillPolicy,
  active: ReadonlySet<RegionId>,
): Spill[] {
  const given = new Map<RegionId, number>();
  const spills: Spill[] = [];
  const byWait = [...jobs].sort((a, b) => b.waitHereMs - a.waitHereMs || (a.jobId < b.jobId ? -1 : 1));
  for (const job of byWait) {
    if (spills.length >= policy.perRoundMax) break;
    if (!mayMove(job, policy)) continue;
    const best = others
      .flatMap((region) => gainOf(job, region, given.get(region.regionId) ?? 0, policy) ?? [])
      .filter(
        ({ regionId, gainMs }) => job.isHopelessHere || gainMs > neededMs(job, policy, active.has(regionId)),
      )
      .sort((a, b) => b.gainMs - a.gainMs || (a.regionId < b.regionId ? -1 : 1))[0];
    if (!best) continue;
    spills.push({ jobId: job.jobId, to: best.regionId, handoff: job.handoff + 1 });
    given.set(best.regionId, (given.get(best.regionId) ?? 0) + job.gpus * job.p50Ms);
  }
  return spills;
}

function mayMove(job: SpillJob, policy: SpillPolicy): boolean {
  if (job.interactive || job.attempts > 0 || job.cameFromAnother || job.handoff >= policy.offersMax)
    return false;
  return job.isHopelessHere || job.waitHereMs > policy.soonMs;
}

function gainOf(
  job: SpillJob,
  region: RegionStatus,
  givenGpuMs: number,
  policy: SpillPolicy,
): { regionId: RegionId; gainMs: number } | null {
  const { regionId, takes, waitMs, kinds } = region;
  const fitting = kinds.filter((kind) => fits(job, kind));
  const wait = waitMs[job.tier];
  if (!takes || wait === null || fitting.length === 0) return null;
  if (job.regions !== null && !job.regions.includes(regionId)) return null;
  const gpus = fitting.reduce((sum, kind) => sum + kind.gpus, 0);
  return { regionId, gainMs: job.waitHereMs - (wait + givenGpuMs / gpus + policy.moveMs) };
}

function fits(job: SpillJob, kind: RegionStatus['kinds'][number]): boolean {
  const isModel = job.skus === null || job.skus.includes(kind.sku);
  return isModel && kind.gpuMemoryMib >= job.gpuMemoryMib && kind.gpusPerHost >= job.gpus;
}

function neededMs(job: SpillJob, policy: SpillPolicy, isActive: boolean): number {
  const margin = policy.marginMs + policy.marginShare * job.waitHereMs;
  return isActive ? margin : Math.min(2 * margin, policy.marginMs + 0.9 * job.waitHereMs);
}

/** Why this region does not take what another offers; null: it does. */
export function refusalOf(offer: { job: SpillJob; from: RegionId }, here: RegionStatus): string | null {
  const { job } = offer;
  if (!here.takes) return 'this region takes nothing at present';
  if (job.cameFromAnother) return 'it has been moved once already';
  if (job.regions !== null && !job.regions.includes(here.regionId))
    return 'it must not be run in this region';
  if (!here.kinds.some((kind) => fits(job, kind))) return 'no host of this region can take it';
  return null;
}
