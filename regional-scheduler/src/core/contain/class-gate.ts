/** Whether a job may run now, by the limits on its class: at admission, and each time it would be placed. */
import { keysOf } from './class-keys.ts';
import { classRules } from './class-rules.ts';
import type { ClassEvidence, ClassLimit } from './classes.ts';

export interface RunningAttempt {
  features: readonly string[];
  gpus: number;
}

export function limitsOn(s: ClassEvidence, features: readonly string[]): ClassLimit[] {
  if (s.limitCount === 0) return [];
  return keysOf(s, features).flatMap((key) => s.limits[key] ?? []);
}

export type MayRun =
  | { go: true }
  | { go: false; refuse: false; untilMs: number; because: string }
  | { go: false; refuse: true; because: string };

/** `gpusInRegion`: of which a throttled class has a share. */
export function mayRun(s: ClassEvidence, job: RunningAttempt, gpusInRegion: number, nowMs: number): MayRun {
  for (const limit of limitsOn(s, job.features)) {
    const verdict = limitAllows(limit, job.gpus, gpusInRegion, nowMs);
    if (!verdict.go) return verdict;
  }
  return { go: true };
}

export const whyOf = ({ level, because }: ClassLimit): string => `its class is ${level}: ${because}`;

/** How soon a job that found its class full looks again. */
const lookAgainMs = 15_000;

function limitAllows(limit: ClassLimit, gpus: number, gpusInRegion: number, nowMs: number): MayRun {
  const because = whyOf(limit);
  if (limit.level !== 'refused') {
    const isThrottled = limit.level === 'throttled';
    const most = isThrottled ? classRules.throttledShare * gpusInRegion : classRules.isolatedGpus;
    // One job may always run, however wide.
    if (limit.runningGpus === 0 || limit.runningGpus + gpus <= most) return { go: true };
    return { go: false, refuse: false, untilMs: nowMs + lookAgainMs, because };
  }
  if (nowMs >= limit.probeAtMs && limit.runningGpus === 0) return { go: true };
  if (nowMs - limit.sinceMs >= classRules.holdMs) return { go: false, refuse: true, because };
  return { go: false, refuse: false, untilMs: Math.max(limit.probeAtMs, nowMs + lookAgainMs), because };
}
