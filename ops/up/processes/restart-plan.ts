/**
 * What to do when a program has ended: start it again, at once the first time and then after pauses that
 * double, or give up when it has ended too often in a row. Ends longer ago than the window are forgiven.
 */
export type RestartPlan = { kind: 'restart'; afterMs: number } | { kind: 'give_up' };

export const restarts = {
  firstPauseMs: 500,
  pauseMsMax: 15_000,
  /** Pauses add up to 0 + 0.5 + 1 + 2 + 4 + 8 + 15 = 30 s: what is gone that long needs a person. */
  endsMax: 8,
  /** Longer than all pauses together with every start's own deadline of a minute. */
  windowMs: 600_000,
} as const;

/** `endsMs`: when it ended, and when starts failed, the last of them now. */
export function planRestart(endsMs: readonly number[], nowMs: number): RestartPlan {
  const recent = endsMs.filter((endMs) => nowMs - endMs < restarts.windowMs).length;
  if (recent >= restarts.endsMax) return { kind: 'give_up' };
  const afterMs = recent <= 1 ? 0 : Math.min(restarts.pauseMsMax, restarts.firstPauseMs * 2 ** (recent - 2));
  return { kind: 'restart', afterMs };
}
