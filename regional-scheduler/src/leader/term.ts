/**
 * One term of a leader: it may act while `isSafe`, and `lost` aborts when it may not any more. Renewed every third of
 * the time that is safe, so that one renewal may fail; that time until which it is safe is counted from before the store was asked, and ends a margin before the
 * store may let another lead. A process that was stopped and goes on finds its time over by `isSafe` before any timer
 * has fired, and what it appends is refused anyway.
 *
 *     follower ──acquired──▶ leads ──renewed──▶ leads …
 *         ▲                    ├── not renewed until safeUntil ──┐
 *         └────── lost ◀───────┴── the store says: not yours ────┘
 */
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { LeaseTerms } from '@cellbook/shared/lease.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { LeaderStore } from './leader-store.ts';

export interface TermDeps {
  store: LeaderStore;
  clock: Clock;
  log: Logger;
  holder: string;
  url: string;
  terms: LeaseTerms;
}

const { leaseMs, leaseMarginMs, leaseStatementMs } = limits.scheduler;
export const leaderTerms: LeaseTerms = { ttlMs: leaseMs, marginMs: leaseMarginMs };

/** Asks to lead; null while another does. */
export async function beginTerm(deps: TermDeps): Promise<LeaderTerm | null> {
  const { store, clock, holder, url, terms } = deps;
  const askedAtMs = clock.monotonicMs();
  const details = { code: 'store_unavailable' as const, doing: 'asking to lead the region' };
  const epoch = await withDeadline(clock, leaseStatementMs, details, () =>
    store.acquire({ holder, url, ttlMs: terms.ttlMs }),
  );
  return epoch === null ? null : new LeaderTerm(deps, epoch, askedAtMs + terms.ttlMs - terms.marginMs);
}

export class LeaderTerm {
  readonly epoch: number;
  readonly #deps: TermDeps;
  readonly #abort = new AbortController();
  #safeUntilMs: number;
  #expiry: Timer = noTimer;
  #renewal: Timer = noTimer;

  constructor(deps: TermDeps, epoch: number, safeUntilMs: number) {
    this.#deps = deps;
    this.epoch = epoch;
    this.#safeUntilMs = safeUntilMs;
    this.#extend(safeUntilMs);
    this.#renewLater();
  }

  get lost(): AbortSignal {
    return this.#abort.signal;
  }

  isSafe(): boolean {
    if (this.lost.aborted) return false;
    if (this.#deps.clock.monotonicMs() < this.#safeUntilMs) return true;
    this.lose('it was not renewed in time');
    return false;
  }

  lose(why: string): void {
    if (this.lost.aborted) return;
    this.#expiry.cancel();
    this.#renewal.cancel();
    this.#deps.log.warn({ epoch: this.epoch }, `no longer leading: ${why}`);
    this.#abort.abort(
      new CellbookError('stale_epoch', {
        doing: `leading the region with epoch ${this.epoch}`,
        problem: why,
        next: 'The next leader goes on by itself.',
        ids: { epoch: this.epoch },
      }),
    );
  }

  /** Lets another lead at once. */
  async resign(): Promise<void> {
    const { store, holder, clock } = this.#deps;
    const wasSafe = this.isSafe();
    this.lose('it resigned');
    if (!wasSafe) return;
    const details = { code: 'store_unavailable' as const, doing: 'giving the lead back' };
    await withDeadline(clock, leaseStatementMs, details, () => store.release(holder, this.epoch)).catch(
      () => {},
    );
  }

  #extend(safeUntilMs: number): void {
    this.#safeUntilMs = safeUntilMs;
    this.#expiry.cancel();
    const { clock } = this.#deps;
    this.#expiry = clock.setTimer(safeUntilMs - clock.monotonicMs(), () => void this.isSafe());
  }

  #renewLater(): void {
    const { clock, terms } = this.#deps;
    this.#renewal = clock.setTimer(Math.floor((terms.ttlMs - terms.marginMs) / 3), () => void this.#renew());
  }

  async #renew(): Promise<void> {
    const { store, clock, holder, terms, log } = this.#deps;
    const askedAtMs = clock.monotonicMs();
    const details = { code: 'store_unavailable' as const, doing: 'renewing the lead of the region' };
    try {
      const isOurs = await withDeadline(clock, leaseStatementMs, details, () =>
        store.renew(holder, this.epoch, terms.ttlMs),
      );
      if (!isOurs) this.lose('the store knows another term');
      else if (this.isSafe()) this.#extend(askedAtMs + terms.ttlMs - terms.marginMs);
    } catch (error) {
      log.warn({ err: error, epoch: this.epoch }, 'renewing the lead failed; trying again');
    }
    if (!this.lost.aborted) this.#renewLater();
  }
}

const noTimer: Timer = { cancel() {} };
