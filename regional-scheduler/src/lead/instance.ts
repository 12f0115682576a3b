/**
 * One instance of the region's scheduler: it follows the log, asks to lead whenever nobody does, and leads while it may.
 *
 *     fold the log ──▶ follow ──nobody leads, asked and granted──▶ lead ──term over──▶ follow
 *          ▲                                                         │
 *          └────────── its copy is ahead of the log ◀────────────────┘
 */
import { sleep } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { SchedulerState } from '../core/state.ts';
import { beginTerm, type LeaderTerm, type TermDeps } from '../leader/term.ts';
import type { SnapshotStore } from '../log/snapshot-store.ts';
import { Leading, type LeadingDeps } from './leading.ts';
import { catchUp, type Replica, rebuild } from './replica.ts';

export interface InstanceDeps extends LeadingDeps, Omit<TermDeps, 'log' | 'url'> {
  /** Where others reach it. */
  url(): string;
  snapshots: SnapshotStore;
  /** Before the first event of a term is written: the log has room for it. */
  prepare(lastSeq: number): Promise<void>;
  /** Its copy was folded anew. */
  rebuilt?(ms: number): void;
}

export class Instance {
  readonly #deps: InstanceDeps;
  readonly #stop = new AbortController();
  #replica: Replica | null = null;
  #leading: { loop: Leading; term: LeaderTerm } | null = null;
  #running: Promise<void> | null = null;

  constructor(deps: InstanceDeps) {
    this.#deps = deps;
  }

  get replica(): Replica | null {
    return this.#replica;
  }

  /** The loop of the term, while it may act. */
  get leading(): Leading | null {
    return this.#leading?.term.isSafe() ? this.#leading.loop : null;
  }

  /** Whether nothing that is written is missing in its copy: it leads, and has read what the one before it wrote. */
  get isNewest(): boolean {
    return this.leading !== null && this.#replica?.state.epoch === this.epoch;
  }

  get epoch(): number {
    return this.#leading?.term.epoch ?? this.#replica?.state.epoch ?? 0;
  }

  wake(): void {
    this.#leading?.loop.wake();
  }

  async whenClean(): Promise<SchedulerState | null> {
    return (await this.leading?.whenClean()) ?? null;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Gives the lead back, so that another instance need not wait. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#leading?.term.resign();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#step();
      } catch (error) {
        this.#deps.logger.warn({ err: error }, 'following the log failed; trying again');
      }
      if (!this.#leading) await sleep(this.#deps.clock, limits.scheduler.campaignMs, signal).catch(() => {});
    }
  }

  async #step(): Promise<void> {
    const { clock, store } = this.#deps;
    const { leaseStatementMs, statementMs } = limits.scheduler;
    const { signal } = this.#stop;
    const replica = await this.#follow();
    const asking = { code: 'store_unavailable', doing: 'asking who leads the region' } as const;
    const row = await withDeadline(clock, leaseStatementMs, asking, () => store.current(), signal);
    if (row?.isValid) return;
    const making = { code: 'store_unavailable', doing: 'making room in the log' } as const;
    await withDeadline(clock, statementMs, making, () => this.#deps.prepare(replica.seq), signal);
    const term = await beginTerm({ ...this.#deps, log: this.#deps.logger, url: this.#deps.url() });
    if (term) await this.#lead(term, replica);
  }

  async #follow(): Promise<Replica> {
    const { log, snapshots, clock, committed } = this.#deps;
    const reading = { clock, signal: this.#stop.signal };
    if (!this.#replica) {
      const beganMs = clock.monotonicMs();
      this.#replica = await rebuild(log, snapshots, reading);
      this.#deps.rebuilt?.(clock.monotonicMs() - beganMs);
    }
    try {
      await catchUp(this.#replica, log, reading, committed);
    } catch (error) {
      // It was away for longer than the log reaches back.
      if (error instanceof CellbookError && error.code === 'gone') this.#replica = null;
      throw error;
    }
    return this.#replica;
  }

  async #lead(term: LeaderTerm, replica: Replica): Promise<void> {
    const loop = new Leading(this.#deps, term, replica);
    this.#leading = { loop, term };
    if (this.#stop.signal.aborted) await term.resign();
    try {
      await loop.run();
    } finally {
      this.#leading = null;
      // What it decided and could not write is in it: it tells of what never was.
      if (!loop.isClean) this.#replica = null;
    }
  }
}
