/** How long a tier's queue would have to wait for GPUs to come free by themselves; worked out once a round. */
import type { ShapeClass } from '../queue/shape-class.ts';
import { predictedEndMs } from '../reserve/predict-end.ts';
import type { SchedulerState } from '../state.ts';

const stepMs = 1_000;
const steps = 600;

export class Waits {
  readonly #state: SchedulerState;
  readonly #nowMs: number;
  /** By kind of host, the GPUs that come free in each second of the next ten minutes. */
  #ending: Int32Array[] | null = null;

  constructor(state: SchedulerState, nowMs: number) {
    this.#state = state;
    this.#nowMs = nowMs;
  }

  /** Until `gpus` of the shape's kinds will have come free; what is beyond ten minutes is ten minutes. */
  untilMs(shape: ShapeClass, gpus: number): number {
    this.#ending ??= this.#endings();
    let free = 0;
    for (let step = 0; step < steps; step++) {
      for (const { index } of shape.kinds) free += this.#ending[index]![step]!;
      if (free >= gpus) return (step + 1) * stepMs;
    }
    return steps * stepMs;
  }

  #endings(): Int32Array[] {
    const ending = this.#state.fleet.kinds.map(() => new Int32Array(steps));
    for (const attempt of this.#state.attempts.values()) {
      if (attempt.preempting) continue;
      const inMs = predictedEndMs(this.#state, attempt, this.#nowMs) - this.#nowMs;
      const step = Math.max(0, Math.floor(inMs / stepMs));
      if (step < steps) ending[attempt.host.kind.index]![step]! += attempt.gpus;
    }
    return ending;
  }
}
