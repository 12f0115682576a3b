/** A region as operators see it: its hosts with what speaks against them, what is contained, its customers. Pure. */
import { limits } from '@cellbook/shared/limits.ts';
import type {
  containedSchema,
  gpuCustomerListSchema,
  gpuHostListSchema,
} from '@cellbook/shared/protocol/gpu-region-api.ts';
import type { z } from 'zod';
import { type HostEvidence, judgementOf } from '../../core/contain/hosts.ts';
import type { Host } from '../../core/fleet/host.ts';
import { tierNames } from '../../core/share/tiers.ts';
import type { SchedulerState } from '../../core/state.ts';
import { iso, isoOrNull } from '../present-job.ts';

type HostShown = z.infer<typeof gpuHostListSchema>['hosts'][number];
type CustomerShown = z.infer<typeof gpuCustomerListSchema>['customers'][number];

export function hostsOf({ fleet, contain }: SchedulerState): HostShown[] {
  return fleet.ranked.map((host) => hostOf(host, contain.hosts));
}

function hostOf({ spec, phase, owners, attempts }: Host, evidence: HostEvidence): HostShown {
  const { hostId, sku, rack, gpus, unhealthy } = spec;
  const judged = judgementOf(evidence, hostId);
  const hold = evidence.held?.[hostId];
  return {
    ...{ id: hostId, phase, sku, rack, gpus, unhealthy: [...unhealthy], attempts: attempts.length },
    busyGpus: owners.filter((owner) => owner !== null).length,
    evidence: judged && {
      ...{ failed: judged.failed, succeeded: judged.succeeded, quarantines: judged.times },
      ...{ suspicion: judged.suspicion, probation: judged.probation, jobs: judged.jobIds },
      quarantinedAt: isoOrNull(judged.quarantinedMs),
      until: isoOrNull(judged.untilMs),
    },
    held: hold ? { because: hold.because, by: hold.operator, at: iso(hold.atMs) } : null,
  };
}

export function containedOf({ contain }: SchedulerState): Omit<z.infer<typeof containedSchema>, 'region'> {
  const { classes, rollouts } = contain;
  return {
    classes: Object.entries(classes.limits).map(([feature, limit]) => ({
      ...{ feature, limit: limit.level, because: limit.because, since: iso(limit.sinceMs) },
      ...{ runningGpus: limit.runningGpus, goodInRow: limit.okInRow },
      probeAt: limit.level === 'refused' ? iso(limit.probeAtMs) : null,
    })),
    versions: Object.entries(rollouts).map(
      ([binary, { stable, candidate, permille, stagedMs, withdrawn }]) => ({
        ...{ binary, stable, candidate, permille, since: iso(stagedMs), withdrawn: [...withdrawn] },
      }),
    ),
  };
}

export function customersOf({ tiers }: SchedulerState): CustomerShown[] {
  const byId = new Map<string, CustomerShown>();
  for (const tier of tierNames)
    for (const { orgId, weight, runningMax, queued, running } of tiers[tier].customers.values()) {
      const known = byId.get(orgId);
      if (known) Object.assign(known, { queued: known.queued + queued, running: known.running + running });
      else byId.set(orgId, { organisationId: orgId, weight, runningMax, queued, running });
    }
  const isShown = ({ weight, runningMax, queued, running }: CustomerShown) =>
    queued + running > 0 || weight !== 1 || runningMax !== null;
  return [...byId.values()]
    .filter(isShown)
    .sort((a, b) => b.queued + b.running - (a.queued + a.running))
    .slice(0, limits.scheduler.customersShownMax);
}
