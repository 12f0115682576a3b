/**
 * Resumes that somebody waits for: one flight per workspace, however many tabs ask. A flight asks for
 * `running` and ends with the outcome: a sandbox; a failure whose next attempt is too far away to hold a
 * request for; or its own deadline. Each caller leaves by his own signal, which ends nothing but his wait.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError, type ErrorCode, httpStatusByCode } from '@cellbook/shared/errors.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { SingleFlight } from '@cellbook/shared/single-flight.ts';
import { type RunningQuotas, requestRunning } from '../quotas/request-running.ts';
import type { Sandbox } from '../sandbox/driver.ts';
import type { WorkspaceRow } from './stores/workspace-row.ts';
import type { WorkspaceStore } from './stores/workspace-store.ts';

export interface ResumesDeps {
  store: WorkspaceStore;
  /** Absent: nothing is limited. */
  quotas?: RunningQuotas | undefined;
  clock: Clock;
  current(workspaceId: WorkspaceId): Sandbox | null;
  wake(workspaceId: WorkspaceId): void;
  isDraining(): boolean;
}

interface Waiter {
  resolve(sandbox: Sandbox): void;
  reject(error: CellbookError): void;
}

export class Resumes {
  readonly #deps: ResumesDeps;
  readonly #flights = new SingleFlight<WorkspaceId, Sandbox>();
  readonly #waiters = new Map<WorkspaceId, Waiter>();

  constructor(deps: ResumesDeps) {
    this.#deps = deps;
  }

  async ensureRunning(workspaceId: WorkspaceId, signal: AbortSignal): Promise<Sandbox> {
    const sandbox = this.#deps.current(workspaceId);
    if (sandbox) return sandbox;
    const flight = this.#flights.run(workspaceId, () => this.#fly(workspaceId));
    // The last caller may have left before it lands.
    flight.catch(() => {});
    return withDeadline(
      this.#deps.clock,
      limits.lifecycle.holdRequestMsMax,
      late(workspaceId),
      () => flight,
      signal,
    );
  }

  isWaiting(workspaceId: WorkspaceId): boolean {
    return this.#waiters.has(workspaceId);
  }

  /** The workspace runs: whoever waits for it gets its sandbox. */
  landed(workspaceId: WorkspaceId, sandbox: Sandbox): void {
    this.#waiters.get(workspaceId)?.resolve(sandbox);
  }

  /** An attempt failed: those who wait go on waiting only if the next one is close. */
  attemptFailed(row: WorkspaceRow, error: CellbookError): void {
    const waiter = this.#waiters.get(row.id);
    if (!waiter) return;
    const isFull = error.code === 'capacity_exhausted';
    const waitMs = (row.retryAtMs ?? 0) - this.#deps.clock.nowMs();
    if (isFull || waitMs > limits.lifecycle.holdForRetryMs || row.desired !== 'running') {
      waiter.reject(unavailable(row, error.code, error.problem, Math.max(waitMs, 0), error));
    }
  }

  /** The cell is being stopped. */
  refuseAll(): void {
    for (const [workspaceId, waiter] of this.#waiters) waiter.reject(shuttingDown(workspaceId));
  }

  #fly(workspaceId: WorkspaceId): Promise<Sandbox> {
    const { clock } = this.#deps;
    const work = () => this.#askAndWait(workspaceId);
    return withDeadline(clock, limits.lifecycle.holdRequestMsMax, late(workspaceId), work).finally(() =>
      this.#waiters.delete(workspaceId),
    );
  }

  async #askAndWait(workspaceId: WorkspaceId): Promise<Sandbox> {
    const { store, quotas, clock, wake, isDraining } = this.#deps;
    if (isDraining()) throw shuttingDown(workspaceId);
    const landing = Promise.withResolvers<Sandbox>();
    landing.promise.catch(() => {});
    this.#waiters.set(workspaceId, landing);
    const nowMs = clock.nowMs();
    const row = await store.get(workspaceId);
    if (!row || row.purgedAtMs !== null) throw unknown(workspaceId);
    if (row.desired === 'deleted') throw deleted(workspaceId);
    const waitMs = (row.retryAtMs ?? 0) - nowMs;
    // A resume that failed is left to its back-off, which a click on resume cuts short; a suspend that failed is not.
    const isRetrying = row.phase === 'failed' && row.desired === 'running';
    if (isRetrying && waitMs > limits.lifecycle.holdForRetryMs) {
      throw unavailable(row, row.problemCode ?? 'sandbox_unavailable', row.problem ?? 'it failed', waitMs);
    }
    if (!isRetrying) {
      const wanted = { desired: 'running', from: ['running', 'suspended'], nowMs } as const;
      const asked = quotas
        ? await requestRunning({ store, quotas }, workspaceId, wanted, `resuming workspace ${workspaceId}`)
        : await store.request(workspaceId, wanted);
      if (!asked) throw deleted(workspaceId);
    }
    wake(workspaceId);
    return landing.promise;
  }
}

const late = (workspaceId: WorkspaceId) => ({
  code: 'resume_timeout' as const,
  doing: `waiting for workspace ${workspaceId} to resume`,
  next: 'The resume goes on; try again in a moment.',
  ids: { workspaceId },
});

const unknown = (workspaceId: WorkspaceId): CellbookError =>
  new CellbookError('not_found', {
    doing: `resuming workspace ${workspaceId}`,
    problem: 'there is no such workspace',
    ids: { workspaceId },
  });

const deleted = (workspaceId: WorkspaceId): CellbookError =>
  new CellbookError('gone', {
    doing: `resuming workspace ${workspaceId}`,
    problem: 'the workspace is deleted',
    next: 'Undo the deletion first.',
    ids: { workspaceId },
  });

const shuttingDown = (workspaceId: WorkspaceId): CellbookError =>
  new CellbookError('shutting_down', {
    doing: `resuming workspace ${workspaceId}`,
    problem: 'this cell is being stopped',
    next: 'Try again in a moment.',
    ids: { workspaceId },
    retryAfterMs: limits.lifecycle.capacityRetryAfterMs,
  });

/** Never a 500: to a Jupyter client that means a dead kernel, and this one comes back. */
function unavailable(
  row: WorkspaceRow,
  code: ErrorCode,
  problem: string,
  waitMs: number,
  cause?: unknown,
): CellbookError {
  return new CellbookError(httpStatusByCode[code] === 503 ? code : 'sandbox_unavailable', {
    doing: `resuming workspace ${row.id}`,
    problem,
    next: 'Its saved files are safe. It is tried again by itself; try again in a little while.',
    ids: { workspaceId: row.id, attempts: row.attempts },
    retryAfterMs: Math.max(waitMs, 1_000),
    cause,
  });
}
