/** A job as the API shows it. */
import type { RegionId } from '@cellbook/shared/ids.ts';
import type { Job, ShownAttempt } from '@cellbook/shared/protocol/job.ts';
import type { FoldedAttempt } from '../records/fold-job.ts';
import type { Viewed } from '../records/read-views.ts';

export const iso = (ms: number): string => new Date(ms).toISOString();
export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));

export function presentJob({ record, view, costMicros }: Viewed, region: RegionId): Job {
  const { jobId, userId, tier, kind, request, spec, submittedMs, sameAs, cancelAsked } = record;
  const { binary, gpus, skus, gpuMemoryMib, checkpoints } = request.shape;
  return {
    id: jobId,
    ...{ name: request.name, labels: request.labels, kind, binary, ownerId: userId, tier },
    region: view.phase === 'spilled' ? (view.spill?.to ?? region) : region,
    phase: view.phase,
    resources: { gpus, skus, gpuMemoryMib, checkpoints },
    submittedAt: iso(submittedMs),
    startedAt: isoOrNull(view.startedMs),
    endedAt: isoOrNull(view.endedMs),
    because: view.because,
    progress: view.progress,
    attempts: view.attempts.length,
    preemptions: view.preemptions,
    cancelAsked: cancelAsked || view.cancelAsked,
    reservedMicros: view.endedMs === null ? (spec?.reservedMicros ?? 0) : 0,
    costMicros,
    sameAs,
    repeats: request.repeats && { first: request.repeats.first, run: request.repeats.run },
  };
}

export const presentAttempt = (attempt: FoldedAttempt, index: number): ShownAttempt => ({
  id: attempt.attemptId,
  number: index + 1,
  ...{ host: attempt.hostId, gpus: attempt.gpus, version: attempt.version },
  placedAt: iso(attempt.placedMs),
  startedAt: isoOrNull(attempt.startedMs),
  endedAt: isoOrNull(attempt.endedMs),
  outcome: attempt.outcome?.kind ?? null,
  failed:
    attempt.outcome?.kind === 'failed'
      ? { class: attempt.outcome.class, detail: attempt.outcome.detail }
      : null,
  ranMs: attempt.ranMs,
  savedMs: attempt.savedMs,
});
