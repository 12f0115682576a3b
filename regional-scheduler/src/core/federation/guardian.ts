/**
 * A region that is lost has its queued jobs taken up by its guardian, another region, and none of them runs twice.
 * Nobody can tell a region that is lost from one that is cut off, so two things are agreed on beforehand:
 *
 *  - A record outside of both (in the edge's directory, or a third region's Postgres), changed by compare-and-swap on
 *    its epoch: who guards the region, until when it has been heard of. Each change of guardian, and each claim, raises
 *    the epoch.
 *  - A copy of the queue at the guardian, under the epoch of its guardianship. A job that is in it is dispatched by the
 *    region only after the guardian has acknowledged that it is `released`.
 *
 *     region                          record                     guardian
 *       renew(4) ────────────────────▶ until t + ttl
 *       copy job ─────────────────────────────────────────────────▶ queued, under 4
 *       release job ──────────────────────────────────────────────▶ released ──▶ acknowledged
 *       dispatch ◀────────────────────────────────────────────────────┘
 *       (cut off: runs on what it has, and dispatches what was released)
 *                                     until passed ◀── claim(4) ─────┤ epoch 5: it takes what is in its copy
 *                                                                    │ under 4 and was not released
 *       renew(4) ──▶ refused, epoch 5: what was claimed is the guardian's
 *
 * No clock is needed for safety: a release and a claim meet in the guardian, a change of guardian and a claim meet in
 * the record. Times decide only how soon a region counts as lost. A guardian that does not answer would stop a healthy
 * region: that region takes it out of the record (`guard` null), after which nobody can claim and nothing need be
 * released; a guardian that comes back begins with an empty copy, under a new epoch.
 *
 * Failure budget: a region cut off from its guardian and the record goes on with what runs and starts what was released
 * ahead; one that is lost has its queue running elsewhere after `ttlMs` and one look of the guardian. What was released
 * and had not ended waits for the region's return or an operator's word that there will be none: at most what ran.
 */
export interface RegionRecord {
  epoch: number;
  /** Null: nobody may claim. */
  guardian: string | null;
  /** By the record's clock. */
  untilMs: number;
}

export const guardianRules = { ttlMs: 60_000 };

export type RecordChange =
  | { type: 'renew'; epoch: number }
  | { type: 'guard'; epoch: number; guardian: string | null }
  | { type: 'claim'; epoch: number; by: string };

export type RecordRefusal = 'epoch' | 'not_guardian' | 'not_expired';

/** The record after a change, or why there is none. `nowMs` is the record's own clock. */
export function changeRecord(
  record: RegionRecord,
  change: RecordChange,
  nowMs: number,
): RegionRecord | RecordRefusal {
  if (change.epoch !== record.epoch) return 'epoch';
  const untilMs = nowMs + guardianRules.ttlMs;
  switch (change.type) {
    case 'renew':
      return { ...record, untilMs };
    case 'guard':
      return { epoch: record.epoch + 1, guardian: change.guardian, untilMs };
    case 'claim':
      if (record.guardian !== change.by) return 'not_guardian';
      if (nowMs < record.untilMs) return 'not_expired';
      // The guardian is done: whoever returns must ask for one anew.
      return { ...record, epoch: record.epoch + 1, guardian: null };
  }
}

export interface CopiedJob {
  epoch: number;
  isReleased: boolean;
}

/** What the guardian has of a job after it was told of it under an epoch: the newest guardianship counts. */
export function copied(known: CopiedJob | null, epoch: number): CopiedJob {
  return known && known.epoch >= epoch ? known : { epoch, isReleased: false };
}

/** Null: it is not acknowledged, for this copy is not of that guardianship. */
export function released(known: CopiedJob | null, epoch: number): CopiedJob | null {
  return known?.epoch === epoch ? { ...known, isReleased: true } : null;
}

/** Whether the guardian that has claimed the record of `epoch` takes this job. */
export function isTakenUp(known: CopiedJob, epoch: number): boolean {
  return known.epoch === epoch && !known.isReleased;
}

/** Whether the region may dispatch a job of its queue, as far as it knows. */
export function mayDispatch(
  guarded: { epoch: number; guardian: string | null },
  job: { copiedUnder: number | null; releasedUnder: number | null },
): boolean {
  if (guarded.guardian === null || job.copiedUnder !== guarded.epoch) return true;
  return job.releasedUnder === guarded.epoch;
}
