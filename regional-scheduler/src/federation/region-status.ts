/** What this region says of itself to others, and what is asked of a job before it moves. */
import type { JobId, RegionId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { tierSchema } from '@cellbook/shared/protocol/principal.ts';
import { pressureOf } from '../admission/pressure-of.ts';
import type { RegionStatus, SpillJob } from '../core/federation/spill.ts';
import type { JobSpec } from '../core/model/job.ts';
import type { SchedulerState } from '../core/state.ts';
import { jobView } from '../core/state.ts';
import { explain } from '../records/explain.ts';

export function statusOf(regionId: RegionId, state: SchedulerState | null, nowMs: number): RegionStatus {
  if (!state)
    return { regionId, takes: false, waitMs: { free: null, paid: null, enterprise: null }, kinds: [] };
  const kinds = new Map<string, RegionStatus['kinds'][number]>();
  for (const { spec, phase } of state.fleet.hosts.values()) {
    if (phase !== 'up') continue;
    const gpus = spec.gpus - spec.unhealthy.length;
    const key = `${spec.sku} ${spec.gpuMemoryMib}`;
    const known = kinds.get(key);
    kinds.set(key, {
      sku: spec.sku,
      gpuMemoryMib: spec.gpuMemoryMib,
      gpusPerHost: Math.max(known?.gpusPerHost ?? 0, gpus),
      gpus: (known?.gpus ?? 0) + gpus,
    });
  }
  const { waitMsByTier } = pressureOf(state, nowMs);
  return { regionId, takes: kinds.size > 0, waitMs: waitMsByTier, kinds: [...kinds.values()] };
}

/** Those that came last in each line: they wait longest. Not yet known of them is whether they came from elsewhere. */
export function candidatesOf(state: SchedulerState): SpillJob[] {
  const { candidatesMax, candidatesPerLine } = limits.federation;
  const found: JobId[] = [];
  for (const tier of tierSchema.options)
    for (const customer of state.tiers[tier].customers.values())
      for (const { jobs } of customer.lines) {
        if (found.length >= candidatesMax) break;
        const last = Math.max(0, jobs.size - candidatesPerLine);
        for (let at = jobs.size - 1; at >= last; at--) found.push(state.jobs.ids[jobs.at(at)!]!);
      }
  return found.slice(0, candidatesMax).flatMap((jobId) => candidateOf(state, jobId) ?? []);
}

function candidateOf(state: SchedulerState, jobId: JobId): SpillJob | null {
  const explained = explain(state, jobId);
  const view = jobView(state, jobId);
  const row = state.jobs.rowOf(jobId);
  if (!explained || !view || view.cancelAsked || row === undefined) return null;
  const isHopelessHere = explained.reasons.some((reason) => reason.code === 'no_such_hardware');
  const handoff = state.tries.get(row)?.handoff ?? 0;
  // Nothing runs that could make room: as good as for ever.
  const waitHereMs = explained.waitMs ?? 3_600_000;
  return { ...spillJobOf(view.spec), attempts: view.attempts, handoff, waitHereMs, isHopelessHere };
}

/** As far as its specification tells. */
export function spillJobOf(spec: JobSpec): SpillJob {
  const { jobId, tier, gpus, skus, gpuMemoryMib, regions, interactive } = spec;
  return {
    ...{ jobId, tier, gpus, skus, gpuMemoryMib, regions, interactive, p50Ms: spec.predicted.p50Ms },
    ...{ attempts: 0, cameFromAnother: false, handoff: 0, waitHereMs: 0, isHopelessHere: false },
  };
}
