/** When a program that runs has gone wrong: decided from what is known of it, by the monotonic clock. Pure. */
import type { failureClassSchema } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import type { z } from 'zod';

export type FailureClass = z.infer<typeof failureClassSchema>;
export interface Fault {
  class: FailureClass;
  detail: string;
}

export interface Watched {
  startedMs: number;
  /** When it last said anything, and when its progress last went on; its start where it has not yet. */
  heardMs: number;
  progressedMs: number;
  progress: number | null;
  memoryMib: number;
  /** Why one of its devices must not be used any more; empty: they are well. */
  deviceProblem: string;
}

export interface Bounds {
  wallMsLeft: number;
  memoryMibMax: number;
  silenceMsMax: number | null;
  noProgressMsMax: number;
}

/** Null: nothing is wrong with it. Of several faults the one that explains the others. */
export function judge(watched: Watched, bounds: Bounds, nowMs: number): Fault | null {
  const { startedMs, heardMs, progressedMs, progress, memoryMib, deviceProblem } = watched;
  const { wallMsLeft, memoryMibMax, silenceMsMax, noProgressMsMax } = bounds;
  if (deviceProblem !== '') return { class: 'host_fault', detail: `its device is ill: ${deviceProblem}` };
  if (memoryMib > memoryMibMax)
    return { class: 'out_of_memory', detail: `it took ${Math.ceil(memoryMib)} MiB of ${memoryMibMax} MiB` };
  if (nowMs - startedMs >= wallMsLeft)
    return { class: 'wall_clock', detail: `it ran for all of the ${seconds(wallMsLeft)} it was given` };
  if (silenceMsMax !== null && nowMs - heardMs >= silenceMsMax)
    return { class: 'hung', detail: `it said nothing for ${seconds(silenceMsMax)}` };
  if (progress !== null && progress < 1 && nowMs - progressedMs >= noProgressMsMax)
    return {
      class: 'no_progress',
      detail: `it stood at ${(100 * progress).toFixed(1)} % for ${seconds(noProgressMsMax)}`,
    };
  return null;
}

const seconds = (ms: number): string => `${Math.round(ms / 1_000)} s`;
