/**
 * Runs reconcile for the workspaces that were woken: never twice at once for one of them, once more for one
 * woken meanwhile, a bounded number in parallel, again later where it says so or where it threw. Holds one
 * entry per workspace, so a flood of signals costs nothing.
 */
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { retryDelayMs } from '@cellbook/shared/retry.ts';
import type { LookAgain } from './reconcile.ts';

export interface WorkQueueDeps {
  work(workspaceId: WorkspaceId): Promise<LookAgain>;
  /** How many of those under way only wait for their turn: others are worked on instead. */
  idle(): number;
  clock: Clock;
  random: Random;
  log: Logger;
}

export class WorkQueue {
  readonly #deps: WorkQueueDeps;
  readonly #waiting = new Set<WorkspaceId>();
  readonly #running = new Map<WorkspaceId, Promise<void>>();
  readonly #again = new Set<WorkspaceId>();
  readonly #timers = new Map<WorkspaceId, Timer>();
  readonly #failures = new Map<WorkspaceId, number>();
  #stopped = false;

  constructor(deps: WorkQueueDeps) {
    this.#deps = deps;
  }

  wake(workspaceId: WorkspaceId): void {
    if (this.#stopped) return;
    if (this.#running.has(workspaceId)) this.#again.add(workspaceId);
    else this.#waiting.add(workspaceId);
    this.#startNext();
  }

  /** One more only waits. */
  startMore(): void {
    if (!this.#stopped) this.#startNext();
  }

  /** Somebody is working on it now, or is about to. */
  isBusyWith(workspaceId: WorkspaceId): boolean {
    return this.#running.has(workspaceId) || this.#waiting.has(workspaceId);
  }

  /** Takes nothing new and resolves when what is under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#waiting.clear();
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    await Promise.all(this.#running.values());
  }

  #startNext(): void {
    for (const workspaceId of this.#waiting) {
      if (this.#running.size - this.#deps.idle() >= limits.lifecycle.executorsMax) return;
      this.#waiting.delete(workspaceId);
      this.#running.set(workspaceId, this.#run(workspaceId));
    }
  }

  async #run(workspaceId: WorkspaceId): Promise<void> {
    this.#cancelTimer(workspaceId);
    let lookAgain: LookAgain = null;
    try {
      lookAgain = await this.#deps.work(workspaceId);
      this.#failures.delete(workspaceId);
    } catch (error) {
      lookAgain = this.#afterFailure(workspaceId, error);
    }
    this.#running.delete(workspaceId);
    if (this.#stopped) return;
    if (this.#again.delete(workspaceId)) this.#waiting.add(workspaceId);
    else if (lookAgain !== null) this.#wakeAt(workspaceId, lookAgain);
    this.#startNext();
  }

  #afterFailure(workspaceId: WorkspaceId, error: unknown): LookAgain {
    const failures = (this.#failures.get(workspaceId) ?? 0) + 1;
    this.#failures.set(workspaceId, failures);
    this.#deps.log.warn({ err: error, workspaceId, failures }, 'reconciling failed; trying again later');
    return this.#deps.clock.nowMs() + retryDelayMs(failures, limits.lifecycle.retry, this.#deps.random);
  }

  #wakeAt(workspaceId: WorkspaceId, atMs: number): void {
    this.#cancelTimer(workspaceId);
    // Timers hold at most 2³¹ ms; a longer wait is simply looked at once in between.
    const delayMs = Math.min(Math.max(0, atMs - this.#deps.clock.nowMs()), 86_400_000);
    const timer = this.#deps.clock.setTimer(delayMs, () => {
      this.#timers.delete(workspaceId);
      this.wake(workspaceId);
    });
    this.#timers.set(workspaceId, timer);
  }

  #cancelTimer(workspaceId: WorkspaceId): void {
    this.#timers.get(workspaceId)?.cancel();
    this.#timers.delete(workspaceId);
  }
}
