/**
 * When an idle workspace is suspended. A busy kernel is activity for as long as it is busy; an open tab and
 * its polls are none: the one complaint is a culler that kills a silent three-hour cell, the other is one
 * that never comes because a tab is open.
 */
export interface IdleInput {
  /** Null means never. */
  idleSuspendSeconds: number | null;
  lastActiveAtMs: number;
  /** Its controller is new to it: it is left alone until then. */
  notIdleBeforeMs: number;
  busy: boolean;
  nowMs: number;
}

export type IdleDecision = { suspend: true } | { suspend: false; lookAgainAtMs: number | null };

export function decideIdle(input: IdleInput): IdleDecision {
  const { idleSuspendSeconds, lastActiveAtMs, notIdleBeforeMs, busy, nowMs } = input;
  if (idleSuspendSeconds === null) return { suspend: false, lookAgainAtMs: null };
  const idleMs = idleSuspendSeconds * 1000;
  if (busy) return { suspend: false, lookAgainAtMs: nowMs + idleMs };
  const idleAtMs = Math.max(lastActiveAtMs + idleMs, notIdleBeforeMs);
  return nowMs >= idleAtMs ? { suspend: true } : { suspend: false, lookAgainAtMs: idleAtMs };
}
