/**
 * The leases this controller holds. Each grant has a time until which acting on it is safe, counted from
 * before the store was asked; renewals move it on for all leases at once. When it passes, or the store says
 * the lease is another's, the grant's signal aborts and whatever was being done on it stops. The store may
 * grant it to somebody else only later than that (shared/src/lease.ts: the margin).
 */
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { HostId, WorkspaceId } from '@cellbook/shared/ids.ts';
import type { LeaseTerms } from '@cellbook/shared/lease.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { LeaseStore } from './stores/lease-store.ts';
import type { WorkspaceRow } from './stores/workspace-row.ts';

export interface LeaseKeeperDeps {
  store: LeaseStore;
  clock: Clock;
  log: Logger;
  holder: string;
  hostIds: readonly HostId[];
  terms: LeaseTerms;
}

/** The row as it is under the lease; `signal` aborts when the lease is lost. */
export interface Lease {
  row: WorkspaceRow;
  signal: AbortSignal;
}

interface Grant {
  epoch: number;
  abort: AbortController;
  safeUntilMs: number;
  expiry: Timer;
}

export class LeaseKeeper {
  readonly #deps: LeaseKeeperDeps;
  readonly #grants = new Map<WorkspaceId, Grant>();
  #renewal: Timer | null = null;
  #stopped = false;

  constructor(deps: LeaseKeeperDeps) {
    this.#deps = deps;
  }

  /** The row under our lease, or null while it is another's. */
  async acquire(workspaceId: WorkspaceId): Promise<Lease | null> {
    const { store, clock, holder, hostIds, terms } = this.#deps;
    const askedAtMs = clock.monotonicMs();
    const row = await store.acquire(workspaceId, { holder, hostIds, ttlMs: terms.ttlMs });
    if (!row) {
      this.#lose(workspaceId, 'another controller holds it');
      return null;
    }
    return { row, signal: this.#grant(row, askedAtMs + terms.ttlMs - terms.marginMs) };
  }

  async release(workspaceId: WorkspaceId): Promise<void> {
    const grant = this.#grants.get(workspaceId);
    if (!grant) return;
    this.#forget(workspaceId, grant);
    await this.#deps.store.release(workspaceId, this.#deps.holder, grant.epoch);
  }

  /** The last write under it gave it back. */
  ended(workspaceId: WorkspaceId): void {
    const grant = this.#grants.get(workspaceId);
    if (grant) this.#forget(workspaceId, grant);
  }

  held(): WorkspaceId[] {
    return [...this.#grants.keys()];
  }

  /** Stops renewing. What is still held simply runs out. */
  stop(): void {
    this.#stopped = true;
    this.#renewal?.cancel();
    for (const grant of this.#grants.values()) grant.expiry.cancel();
  }

  #grant(row: WorkspaceRow, safeUntilMs: number): AbortSignal {
    const known = this.#grants.get(row.id);
    if (known && known.epoch === row.epoch && !known.abort.signal.aborted) {
      this.#extend(row.id, known, safeUntilMs);
      return known.abort.signal;
    }
    if (known) this.#forget(row.id, known);
    const grant = { epoch: row.epoch, abort: new AbortController(), safeUntilMs, expiry: noTimer };
    this.#grants.set(row.id, grant);
    this.#extend(row.id, grant, safeUntilMs);
    this.#renewLater();
    return grant.abort.signal;
  }

  #extend(workspaceId: WorkspaceId, grant: Grant, safeUntilMs: number): void {
    grant.safeUntilMs = safeUntilMs;
    grant.expiry.cancel();
    const delayMs = safeUntilMs - this.#deps.clock.monotonicMs();
    grant.expiry = this.#deps.clock.setTimer(delayMs, () => this.#lose(workspaceId, 'it was not renewed'));
  }

  #lose(workspaceId: WorkspaceId, why: string): void {
    const grant = this.#grants.get(workspaceId);
    if (!grant) return;
    this.#forget(workspaceId, grant);
    this.#deps.log.warn({ workspaceId, epoch: grant.epoch }, `lease lost: ${why}`);
    grant.abort.abort(leaseLost(workspaceId, why));
  }

  #forget(workspaceId: WorkspaceId, grant: Grant): void {
    grant.expiry.cancel();
    if (this.#grants.get(workspaceId) === grant) this.#grants.delete(workspaceId);
  }

  #renewLater(): void {
    if (this.#renewal || this.#stopped) return;
    this.#renewal = this.#deps.clock.setTimer(Math.floor(this.#deps.terms.ttlMs / 3), () => {
      void this.#renewAll();
    });
  }

  async #renewAll(): Promise<void> {
    const { store, clock, holder, terms, log } = this.#deps;
    const asked = new Map(this.#grants);
    const askedAtMs = clock.monotonicMs();
    try {
      const renewed = new Set(await store.renew(holder, [...asked.keys()], terms.ttlMs));
      for (const [workspaceId, grant] of asked) {
        if (this.#grants.get(workspaceId) !== grant) continue;
        if (!renewed.has(workspaceId)) this.#lose(workspaceId, 'the store knows another holder');
        else this.#extend(workspaceId, grant, askedAtMs + terms.ttlMs - terms.marginMs);
      }
    } catch (error) {
      log.warn({ err: error, leases: asked.size }, 'renewing leases failed; trying again');
    }
    this.#renewal = null;
    if (this.#grants.size > 0) this.#renewLater();
  }
}

const noTimer: Timer = { cancel() {} };

const leaseLost = (workspaceId: WorkspaceId, why: string): CellbookError =>
  new CellbookError('stale_epoch', {
    doing: `acting on workspace ${workspaceId}`,
    problem: `its lease is lost: ${why}`,
    next: 'The new holder goes on by itself.',
    ids: { workspaceId },
  });
