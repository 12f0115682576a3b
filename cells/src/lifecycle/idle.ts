/**
 * When an idle workspace is suspended. A busy kernel is activity for as long as it is busy; an open tab and
 * its polls are none: the one complaint is a culler that kills a silent three-hour cell, the other is one
 * that never comes because a tab is open.

 *
 * Before it happens open tabs are told, so that somebody who reads can stay; a new use takes that back.
 *
 *     used ──idle time less the warning──▶ warned ──idle time──▶ suspended
 *       ▲ ▲                                   │ used, or busy
 *       └─┴───────────────────────────────────┘
 */
import { limits } from '@cellbook/shared/limits.ts';

export interface IdleInput {
  /** Null means never. */
  idleSuspendSeconds: number | null;
  lastActiveAtMs: number;
  /** Its controller is new to it: it is left alone until then. */
  notIdleBeforeMs: number;
  busy: boolean;
  nowMs: number;
}

export type IdleDecision =
  | { suspend: true }
  /** `suspendsAtMs`: it is about to be, and whoever has it open is to be told. */
  | { suspend: false; lookAgainAtMs: number | null; suspendsAtMs: number | null };

export function decideIdle(input: IdleInput): IdleDecision {
  const { idleSuspendSeconds, lastActiveAtMs, notIdleBeforeMs, busy, nowMs } = input;
  if (idleSuspendSeconds === null) return { suspend: false, lookAgainAtMs: null, suspendsAtMs: null };
  const idleMs = idleSuspendSeconds * 1000;
  const warningMs = Math.min(limits.lifecycle.idleWarningMs, idleMs * limits.lifecycle.idleWarningShare);
  if (busy) return { suspend: false, lookAgainAtMs: nowMs + idleMs - warningMs, suspendsAtMs: null };
  const idleAtMs = Math.max(lastActiveAtMs + idleMs, notIdleBeforeMs);
  if (nowMs >= idleAtMs) return { suspend: true };
  const warnAtMs = idleAtMs - warningMs;
  return nowMs < warnAtMs
    ? { suspend: false, lookAgainAtMs: warnAtMs, suspendsAtMs: null }
    : { suspend: false, lookAgainAtMs: idleAtMs, suspendsAtMs: idleAtMs };
}
