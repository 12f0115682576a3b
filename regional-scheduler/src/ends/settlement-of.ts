/** What becomes of jobs whose end was read in the log: their cost, their result's time, who is told, the next run. Pure. */
import type { JobId, RegionId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { WebhookBody } from '@cellbook/shared/protocol/jobs-api.ts';
import { microsOf } from '../admission/price.ts';
import type { Delivery, Settlement } from '../admission/submission-store.ts';
import { iso, presentJob } from '../api/present-job.ts';
import type { FoldedJob } from '../records/fold-job.ts';
import type { JobEnd, JobRecord } from '../records/job-record.ts';
import { nextRun } from './next-run.ts';

export interface Ended {
  record: JobRecord;
  view: FoldedJob;
  /** Jobs that have its result. */
  joined: readonly JobRecord[];
}

const dayMs = 86_400_000;

export function settlementOf(
  ended: readonly Ended[],
  deps: { regionId: RegionId; nowMs: number; newJobId(): JobId },
): Pick<Settlement, 'ends' | 'deliveries' | 'next'> {
  const next = ended.flatMap(({ record, view }) => {
    const run = nextRun(record, view, { jobId: deps.newJobId(), nowMs: deps.nowMs });
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
function deliveriesOf(ended: Ended, { regionId, nowMs }: { regionId: RegionId; nowMs: number }): Delivery[] {
  const { view, joined } = ended;
  if (view.phase === 'spilled') return [];
  return [ended.record, ...joined.filter(({ cancelAsked }) => !cancelAsked)].flatMap((record) => {
    const { webhookUrl } = record.request;
    return webhookUrl === null ? [] : [deliveryOf(record, webhookUrl, ended, { regionId, nowMs })];
  });
}

function deliveryOf(
  record: JobRecord,
  url: string,
  { record: ran, view }: Ended,
  { regionId, nowMs }: { regionId: RegionId; nowMs: number },
): Delivery {
  const { jobId, orgId } = record;
  const costMicros = record === ran ? microsOf(1, view.chargedGpuMs) : 0;
  const data = presentJob({ record, view, costMicros, result: null, seq: 0 }, regionId);
  const body: WebhookBody = { type: 'job.ended', timestamp: iso(view.endedMs ?? nowMs), data };
  return { id: `${jobId}.ended`, jobId, orgId, url, body: JSON.stringify(body), dueMs: nowMs };
}
