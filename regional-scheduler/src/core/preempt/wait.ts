/** How long a tier's queue would have to wait for GPUs to come free by themselves. */
import type { ShapeClass } from '../queue/shape-class.ts';
import { predictedEndMs } from '../reserve/predict-end.ts';
import type { SchedulerState } from '../state.ts';

const stepMs = 1_000;
const steps = 600;

/** Until `gpus` of the shape's kinds will have come free; what is beyond ten minutes is ten minutes. */
export function waitMs(state: SchedulerState, shape: ShapeClass, gpus: number, nowMs: number): number {
  const ending = new Int32Array(steps);
  for (const attempt of state.attempts.values()) {
    if (attempt.preempting || !shape.kinds.includes(attempt.host.kind)) continue;
    const step = Math.floor((predictedEndMs(state, attempt, nowMs) - nowMs) / stepMs);
    if (step < steps) ending[Math.max(0, step)]! += attempt.gpus;
  }
  let free = 0;
  for (let step = 0; step < steps; step++) {
    free += ending[step]!;
    if (free >= gpus) return (step + 1) * stepMs;
  }
  return steps * stepMs;
}
