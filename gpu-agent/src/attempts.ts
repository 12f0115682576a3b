/** Every attempt that this host knows of: those that run, and those whose end the scheduler has not on record yet. */
import { sleep } from '@cellbook/shared/clock.ts';
import type { AttemptId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { AttemptReport, RunOrder } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import { Attempt, type AttemptTools } from './run/attempt.ts';
import type { StopReason } from './run/classify-end.ts';
import type { EarlierEnd } from './run/leftovers.ts';

const lookMs = 50;

export interface AttemptsTools extends Omit<AttemptTools, 'devices'> {
  devices: Omit<AttemptTools['devices'], 'free'>;
  /** It has ended, or could not begin: nobody need renew it. */
  over(attemptId: AttemptId): void;
}

export class Attempts {
  readonly #tools: AttemptsTools;
  readonly #attempts = new Map<AttemptId, Attempt>();
  readonly #earlier: Map<AttemptId, EarlierEnd>;

  /** `earlier`: what an earlier agent left, ended by now. */
  constructor(earlier: readonly EarlierEnd[], tools: AttemptsTools) {
    this.#tools = tools;
    this.#earlier = new Map(earlier.map((end) => [end.report.attemptId, end]));
  }

  /** Those that have not ended. */
  get live(): Attempt[] {
    return [...this.#attempts.values()].filter(({ ended }) => !ended);
  }

  reports(): AttemptReport[] {
    const own = [...this.#attempts.values()].map((attempt) => attempt.report());
    return [...[...this.#earlier.values()].map(({ report }) => report), ...own].slice(
      0,
      limits.gpuAgent.attemptsMax,
    );
  }

  start(order: RunOrder, untilMs: number): void {
    const devices = { ...this.#tools.devices, free: (attempt: Attempt) => this.#free(attempt) };
    const attempt = new Attempt(order, untilMs, { ...this.#tools, devices });
    this.#attempts.set(order.attemptId, attempt);
    void attempt.run().finally(() => this.#tools.over(order.attemptId));
  }

  stop(attemptId: AttemptId, reason: StopReason, how: { save: boolean; stopMs: number }): void {
    this.#attempts.get(attemptId)?.stop(reason, how);
  }

  mayRunUntil(attemptId: AttemptId, untilMs: number): void {
    this.#attempts.get(attemptId)?.mayRunUntil(untilMs);
  }

  /** Its end is on record elsewhere. One that has not ended stays. */
  forget(attemptId: AttemptId): void {
    const attempt = this.#attempts.get(attemptId);
    const earlier = this.#earlier.get(attemptId);
    if (attempt?.ended) {
      this.#attempts.delete(attemptId);
      attempt.folder.remove();
    }
    this.#earlier.delete(attemptId);
    earlier?.folder.remove();
  }

  /** Waits until no process of another attempt can be on one of its devices. */
  async #free(wanting: Attempt): Promise<void> {
    const wanted = new Set(wanting.order.devices);
    const isTaken = () =>
      [...this.#attempts.values()].some(
        (other) =>
          other !== wanting && other.onDevices && other.order.devices.some((device) => wanted.has(device)),
      );
    while (isTaken() && !wanting.stopped) await sleep(this.#tools.clock, lookMs);
  }
}
