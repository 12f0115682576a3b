/** What becomes of jobs whose end was read in the log: their cost, their result's time, who is told, the next run. Pure. */
import type { JobId, RegionId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { WebhookBody } from '@cellbook/shared/protocol/jobs-api.ts';
import { microsOf } from '../admission/price.ts';
import type { Delivery, Settlement, TellJoined } from '../admission/submission-store.ts';
import { iso, presentJob } from '../api/present-job.ts';
import type { FoldedJob } from '../records/fold-job.ts';
import type { JobBrief, JobEnd, JobRecord } from '../records/job-record.ts';
import { nextRun } from './next-run.ts';

export interface Ended {
  record: JobBrief;
  /** Whole, where a next run comes of it. */
  repeated: JobRecord | null;
  view: FoldedJob;
}

const dayMs = 86_400_000;

export function settlementOf(
  ended: readonly Ended[],
  deps: { regionId: RegionId; nowMs: number; newJobId(): JobId },
): Pick<Settlement, 'ends' | 'deliveries' | 'next'> {
  const next = ended.flatMap(({ repeated, view }) => {
    const run = repeated && nextRun(repeated, view, { jobId: deps.newJobId(), nowMs: deps.nowMs });
    return run ? [run] : [];
  });
  return {
    ends: ended.map(endOf),
    deliveries: ended.flatMap((one) => deliveriesOf(one, deps)),
    next,
  };
}

function endOf({ record, view }: Ended): JobEnd {
  const { jobId, orgId, tier } = record;
  const endedMs = view.endedMs ?? 0;
  const result = view.phase === 'succeeded' ? view.result : null;
  return {
    ...{ jobId, orgId, phase: view.phase, view, endedMs },
    costMicros: microsOf(1, view.chargedGpuMs),
    resultKey: result?.key ?? null,
    resultUntilMs: result ? endedMs + limits.jobs.resultDaysByTier[tier] * dayMs : null,
  };
}

/** Of one that went to another region its end is told there. */
function deliveriesOf({ record, view }: Ended, { regionId, nowMs }: { regionId: RegionId; nowMs: number }) {
  return toldOf({ record, view, costMicros: microsOf(1, view.chargedGpuMs) }, { regionId, nowMs });
}

/** It has cost nothing, and has no attempts of its own. */
export const tellJoinedOf =
  (regionId: RegionId): TellJoined =>
  (record, view, nowMs) =>
    toldOf({ record, view: { ...view, attempts: [], preemptions: 0 }, costMicros: 0 }, { regionId, nowMs });

function toldOf(
  { record, view, costMicros }: { record: JobBrief; view: FoldedJob; costMicros: number },
  { regionId, nowMs }: { regionId: RegionId; nowMs: number },
): Delivery[] {
  const { jobId, orgId } = record;
  const { webhookUrl: url } = record.request;
  if (url === null || view.phase === 'spilled') return [];
  const data = presentJob({ record, view, costMicros, result: null, seq: 0 }, regionId);
  const body: WebhookBody = { type: 'job.ended', timestamp: iso(view.endedMs ?? nowMs), data };
  return [{ id: `${jobId}.ended`, jobId, orgId, url, body: JSON.stringify(body), dueMs: nowMs }];
}
