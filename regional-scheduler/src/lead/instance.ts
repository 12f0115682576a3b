/**
 * One instance of the region's scheduler: it follows the log, asks to lead whenever nobody does, and leads while it may.
 *
 *     fold the log ──▶ follow ──nobody leads, asked and granted──▶ lead ──term over──▶ follow
 *          ▲                                                         │
 *          └────────── its copy is ahead of the log ◀────────────────┘
 */
import { sleep } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
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

  get epoch(): number {
    return this.#leading?.term.epoch ?? this.#replica?.state.epoch ?? 0;
  }

  wake(): void {
    this.#leading?.loop.wake();
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
    const { log, snapshots, store } = this.#deps;
    this.#replica ??= await rebuild(log, snapshots);
    await catchUp(this.#replica, log, this.#deps.committed);
    const row = await store.current();
    if (row?.isValid) return;
    await this.#deps.prepare(this.#replica.seq);
    const term = await beginTerm({ ...this.#deps, log: this.#deps.logger, url: this.#deps.url() });
    if (term) await this.#lead(term, this.#replica);
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
