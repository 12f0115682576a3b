/** The clock of a program; a test can make its wall time lie, by a file with the milliseconds that it is off. */
import { readFileSync } from 'node:fs';
import { type Clock, systemClock } from '@cellbook/shared/clock.ts';

/** What runs on monotonic time (leases, deadlines, timers) knows nothing of it, as with a real clock set anew. */
export function openClock(environment: NodeJS.ProcessEnv): Clock {
  const path = environment.CELLBOOK_CLOCK_OFFSET_FILE;
  if (path === undefined) return systemClock;
  return { ...systemClock, nowMs: () => systemClock.nowMs() + Number(readFileSync(path, 'utf8')) };
}
