/** How long a tier's queue would have to wait for GPUs to come free by themselves; worked out once a round. */
import type { ShapeClass } from '../queue/shape-class.ts';
import { predictedEndMs } from '../reserve/predict-end.ts';
import type { SchedulerState } from '../state.ts';

const stepMs = 1_000;
const steps = 600;

export class Waits {
  readonly #state: SchedulerState;
  readonly #nowMs: number;
  /** By kind of host, the GPUs that will have come free by the end of each second of the next ten minutes. */
  #freed: Int32Array[] | null = null;

  constructor(state: SchedulerState, nowMs: number) {
    this.#state = state;
    this.#nowMs = nowMs;
  }

  /** Until `gpus` of the shape's kinds will have come free; what is beyond ten minutes is ten minutes. */
  untilMs(shape: ShapeClass, gpus: number): number {
    this.#freed ??= this.#count();
    const freedBy = (step: number) =>
      shape.kinds.reduce((sum, { index }) => sum + this.#freed![index]![step]!, 0);
    let from = 0;
    let to = steps - 1;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (freedBy(middle) >= gpus) to = middle;
      else from = middle + 1;
    }
    return (from + 1) * stepMs;
  }

  #count(): Int32Array[] {
    const freed = this.#state.fleet.kinds.map(() => new Int32Array(steps));
    for (const attempt of this.#state.attempts.values()) {
      if (attempt.preempting) continue;
      const inMs = predictedEndMs(this.#state, attempt, this.#nowMs) - this.#nowMs;
      const step = Math.max(0, Math.floor(inMs / stepMs));
      if (step < steps) freed[attempt.host.kind.index]![step]! += attempt.gpus;
    }
    for (const each of freed) for (let step = 1; step < steps; step++) each[step]! += each[step - 1]!;
    return freed;
  }
}
