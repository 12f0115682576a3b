/** What is told of one job beyond a list: why it waits, where it stands, when it may start, each attempt. */

import type { RegionId } from '@cellbook/shared/ids.ts';
import type { JobDetails, PendingReason } from '@cellbook/shared/protocol/job.ts';
import { whyLimited } from '../core/contain/contain.ts';
import type { SchedulerState } from '../core/state.ts';
import type { JobRequest } from '../db/job-spec.ts';
import { explain } from '../records/explain.ts';
import type { Viewed } from '../records/read-views.ts';
import { nameOfResult, typeOfResult } from '../results/name-of-result.ts';
import type { DeliveryState } from '../webhooks/webhook-outbox.ts';
import { iso, isoOrNull, presentAttempt, presentJob } from './present-job.ts';

export interface DetailsOf {
  viewed: Viewed;
  regionId: RegionId;
  /** As this instance has it; null while it has none. */
  state: SchedulerState | null;
  delivery: DeliveryState | null;
  /** Null: the caller may not see it. */
  content: Pick<JobRequest, 'prompt' | 'parameters'> | null;
  nowMs: number;
}

/** A leader takes in what is stored within a tenth of a second; after this there is none. */
const takenUpMs = 3_000;

export function detailsOf({ viewed, regionId, state, delivery, content, nowMs }: DetailsOf): JobDetails {
  const { record, view, result } = viewed;
  const { request, spec } = record;
  const explained = view.phase === 'queued' && state ? explain(state, record.sameAs ?? record.jobId) : null;
  const { p50Ms = 0, p95Ms = 0, seen = 0 } = spec?.predicted ?? {};
  return {
    ...presentJob(viewed, regionId),
    prompt: content?.prompt ?? null,
    parameters: content?.parameters ?? null,
    notBefore: isoOrNull(request.shape.notBeforeMs),
    deadline: isoOrNull(request.shape.deadlineMs),
    wallSeconds: request.shape.wallMs / 1_000,
    durability: request.durability,
    webhook:
      request.webhookUrl === null
        ? null
        : { url: request.webhookUrl, ...(delivery ?? { state: 'waiting', attempts: 0, problem: '' }) },
    pending: explained?.reasons ?? reasonsOf(viewed, state, nowMs),
    queue: explained && { ...explained.place, at: iso(nowMs) },
    predictedStart:
      explained?.waitMs == null ? null : startOf(explained.waitMs, { p50Ms, p95Ms, seen }, nowMs),
    predictedRunMs: { p50: p50Ms, p95: p95Ms, seen },
    tries: view.attempts.map(presentAttempt),
    result: result && {
      bytes: result.bytes,
      name: nameOfResult(result.key),
      contentType: typeOfResult(nameOfResult(result.key)),
      fetchableUntil: iso(result.untilMs),
    },
  };
}

/** The jobs ahead are uncertain as this one is: the latest start is as much later as its own 95th percentile. */
function startOf(
  waitMs: number,
  { p50Ms, p95Ms, seen }: { p50Ms: number; p95Ms: number; seen: number },
  nowMs: number,
) {
  const spread = p50Ms > 0 ? Math.max(1, p95Ms / p50Ms) : 2;
  return { likely: iso(nowMs + waitMs), latest: iso(nowMs + waitMs * spread), seen };
}

/** Of one that stands in no line. */
function reasonsOf({ record, view }: Viewed, state: SchedulerState | null, nowMs: number): PendingReason[] {
  const { heldUntilMs, retry } = view;
  switch (view.phase) {
    case 'submitted':
      return [{ code: 'not_taken_up', leaderless: nowMs - record.submittedMs > takenUpMs }];
    case 'held':
      if (retry && heldUntilMs !== null)
        return [{ code: 'retry', until: iso(heldUntilMs), failed: retry.failed }];
      if (view.heldBecause === 'class')
        return [
          {
            code: 'class_limited',
            problem: classProblem(record.spec, state),
            until: isoOrNull(heldUntilMs),
          },
        ];
      if (view.heldBecause === 'version') return [{ code: 'no_such_hardware', problem: versionProblem }];
      return heldUntilMs === null ? [] : [{ code: 'not_before', until: iso(heldUntilMs) }];
    case 'queued':
      return [{ code: 'not_taken_up', leaderless: state === null }];
    case 'spilling':
      return view.spill ? [{ code: 'moving', to: view.spill.to }] : [];
    default:
      return [];
  }
}

const versionProblem = 'no host with room has the version of its program that it is to run yet';

function classProblem(spec: Viewed['record']['spec'], state: SchedulerState | null): string {
  const general = 'requests that look like it have hung or failed, and run a few at a time';
  return (spec && state && whyLimited(state.contain, spec)) ?? general;
}
