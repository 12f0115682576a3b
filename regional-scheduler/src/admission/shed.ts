/**
 * Whom an overloaded region turns away before anything is stored: free first, then paid, enterprise last. A tier is
 * shed when it would wait longer than makes sense, or when so much waits in all that the room left is for those above
 * it. Word of the queue that is too old sheds nobody: a region without a leader goes on taking jobs.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';

/** What the leader says of its queue. */
export interface Pressure {
  atMs: number;
  /** Waiting in all, and of each tier. */
  queued: number;
  queuedByTier: Record<Tier, number>;
  /** What one that came now would wait; null: nobody knows. */
  waitMsByTier: Record<Tier, number | null>;
}

export interface Shed {
  because: 'wait' | 'queued' | 'late';
  retryAfterMs: number;
}

export function shedOf(pressure: Pressure | null, tier: Tier, nowMs: number): Shed | null {
  const { shed, pressureMsMax } = limits.jobs;
  if (!pressure || nowMs - pressure.atMs > pressureMsMax) return null;
  const rule = shed[tier];
  const waitMs = pressure.waitMsByTier[tier] ?? 0;
  if (waitMs > rule.waitMs) return { because: 'wait', retryAfterMs: within(waitMs - rule.waitMs) };
  if (pressure.queued < rule.queued) return null;
  return { because: 'queued', retryAfterMs: within(waitMs / 10) };
}

const within = (ms: number): number =>
  Math.min(limits.jobs.shed.retryAfterMsMax, Math.max(limits.jobs.shed.retryAfterMsMin, ms));

export const shedError = (tier: Tier, { because, retryAfterMs }: Shed): CellbookError =>
  new CellbookError('capacity_exhausted', {
    doing: 'admitting a job',
    problem: problems[because](tier),
    next: 'Nothing was stored. Send it again after the time in Retry-After, with the same Idempotency-Key.',
    ids: { tier },
    retryAfterMs,
  });

const problems: Record<Shed['because'], (tier: Tier) => string> = {
  wait: (tier) =>
    `jobs of tier ${tier} would wait longer than ${Math.round(limits.jobs.shed[tier].waitMs / 3_600_000)} hours in this region`,
  queued: (tier) => `so many jobs wait in this region that tier ${tier} is not taken in at present`,
  late: (tier) => `more is handed in than can be stored in time, and tier ${tier} is not taken in at present`,
};
