/** How long a tier's queue would have to wait for GPUs to come free by themselves; worked out once a round. */
import type { HostKind } from '../fleet/host.ts';
import type { ShapeClass } from '../queue/shape-class.ts';
import { freeAtMs, predictedEndMs } from '../reserve/predict-end.ts';
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

  /** Until so many GPUs of these kinds will have come free; what is beyond ten minutes is ten minutes. */
  untilMs(kinds: readonly HostKind[], gpus: number): number {
    this.#freed ??= this.#count();
    const freedBy = (step: number) => kinds.reduce((sum, { index }) => sum + this.#freed![index]![step]!, 0);
    let from = 0;
    let to = steps - 1;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (freedBy(middle) >= gpus) to = middle;
      else from = middle + 1;
    }
    return (from + 1) * stepMs;
  }

  /** Until one host has as many free as the shape needs: all that comes free elsewhere is of no use to a gang. */
  untilHostMs({ gpus, kinds }: ShapeClass): number {
    if (gpus === 1) return 0;
    const endMs = this.#nowMs + steps * stepMs;
    let soonestMs = endMs;
    for (const host of this.#state.fleet.ranked) {
      if (host.phase !== 'up' || host.reservation || !kinds.includes(host.kind)) continue;
      soonestMs = Math.min(soonestMs, freeAtMs(this.#state, host, gpus, this.#nowMs));
    }
    return soonestMs - this.#nowMs;
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
