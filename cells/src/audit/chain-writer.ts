/**
 * The one writer of a cell's chain in this process. Whatever waits when it turns is one batch: one statement,
 * one commit, so that a hundred requests at once cost one. Another process may write to the same chain: the
 * places in it are unique, so whoever comes second is told `behind`, reads the head again and goes on from there.
 *
 *   waiting ──take──▶ batch ──continue the head──▶ commit ──committed──▶ its askers are told
 *                       ▲                            │
 *                       └──── read the head again ◀──┤ behind, or an error that leaves open whether it was
 *                                                    │ written: then the chain itself is asked
 *                                                    └──deadline──▶ its askers are told `store_unavailable`
 */
import { createHash } from 'node:crypto';
import { type ChainHead, type ChainRow, chainedText } from '@cellbook/shared/audit/chain.ts';
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { AuditId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { retryDelayMs } from '@cellbook/shared/retry.ts';
import type { AuditIntent, AuditStore } from './store/audit-store.ts';

export interface ChainWriterDeps {
  store: AuditStore;
  chain: string;
  /** `<instance>/<start>` */
  writer: string;
  clock: Clock;
  random: Random;
  /** After each commit: the new head, and how many events it has more. */
  onCommitted?(head: ChainHead, events: number): void;
}

/** What one asker wants written. */
export interface Entry {
  open?: AuditIntent;
  body?: string;
  close?: AuditId;
}

interface Waiting extends Entry {
  /** It counts from when it was asked for: while the store is away, batches that fail stand before it. */
  giveUpMs: number;
  resolve(): void;
  reject(error: unknown): void;
}

export class ChainWriter {
  readonly #deps: ChainWriterDeps;
  #waiting: Waiting[] = [];
  #head: ChainHead | null = null;
  #settleWanted = false;
  #turning: Promise<void> | null = null;

  constructor(deps: ChainWriterDeps) {
    this.#deps = deps;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Resolves when it is durable. */
  write(entry: Entry): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUpMs = this.#deps.clock.monotonicMs() + limits.audit.commitMsMax;
      this.#waiting.push({ ...entry, giveUpMs, resolve, reject });
      this.#turn();
    });
  }

  /** Appends what transactions and dead processes left. */
  settle(): void {
    this.#settleWanted = true;
    this.#turn();
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#turning) await this.#turning;
  }

  #turn(): void {
    this.#turning ??= this.#writeAll().finally(() => {
      this.#turning = null;
      if (this.#waiting.length > 0 || this.#settleWanted) this.#turn();
    });
  }

  async #writeAll(): Promise<void> {
    // What is asked for in the same turn of the event loop goes with it.
    await Promise.resolve();
    while (this.#waiting.length > 0 || this.#settleWanted) {
      const batch = this.#waiting.splice(0, limits.audit.batchMax);
      const settleToo = this.#settleWanted;
      this.#settleWanted = false;
      try {
        await this.#commit(batch, settleToo);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        this.#head = null;
        for (const { reject } of batch) reject(error);
      }
    }
  }

  async #commit(batch: readonly Waiting[], settleToo: boolean): Promise<void> {
    const { clock, random } = this.#deps;
    const untilMs = batch.at(-1)?.giveUpMs ?? clock.monotonicMs() + limits.audit.commitMsMax;
    let tried: ChainRow[] = [];
    for (let attempt = 1; ; attempt++) {
      try {
        if (await this.#isThere(tried)) return;
        const planned = await this.#plan(batch, settleToo);
        tried = planned.rows;
        if (await this.#isWritten(planned)) return;
      } catch (cause) {
        if (clock.monotonicMs() >= untilMs) throw unavailable(cause);
      }
      this.#head = null;
      if (clock.monotonicMs() >= untilMs) throw unavailable(undefined);
      const delayMs = retryDelayMs(attempt, { attemptsMax: Infinity, ...limits.audit.commitRetry }, random);
      await sleep(clock, delayMs);
    }
  }

  /** The batch as rows behind the head, with what others have left to append. */
  async #plan(batch: readonly Waiting[], settleToo: boolean): Promise<Planned> {
    const { store, chain, writer, clock } = this.#deps;
    this.#head ??= await store.head();
    const query = { writer, nowMs: clock.nowMs(), limit: limits.audit.batchMax };
    const left = settleToo ? await store.settleable(query) : [];
    if (left.length === query.limit) this.#settleWanted = true;
    const bodies = [...left, ...batch].flatMap(({ body }) => (body === undefined ? [] : [body]));
    return {
      opened: batch.flatMap(({ open }) => (open ? [open] : [])),
      rows: chained(chain, this.#head, bodies),
      closed: [...left.map(({ id }) => id), ...batch.flatMap(({ close }) => (close ? [close] : []))],
    };
  }

  async #isWritten(planned: Planned): Promise<boolean> {
    const { opened, rows, closed } = planned;
    if (rows.length + opened.length + closed.length === 0) return true;
    if ((await this.#deps.store.commit(planned)) === 'behind') return false;
    this.#advance(rows);
    return true;
  }

  /** After a failure it may have been written all the same, and its answer lost. */
  async #isThere(rows: readonly ChainRow[]): Promise<boolean> {
    const [first] = rows;
    if (!first || (await this.#deps.store.hashAt(first.seq)) !== first.hash) return false;
    this.#advance(rows);
    return true;
  }

  #advance(rows: readonly ChainRow[]): void {
    const last = rows.at(-1);
    if (!last) return;
    this.#head = last;
    this.#deps.onCommitted?.(last, rows.length);
  }
}

interface Planned {
  opened: AuditIntent[];
  rows: ChainRow[];
  closed: AuditId[];
}

function chained(chain: string, head: ChainHead, bodies: readonly string[]): ChainRow[] {
  let { seq, hash: prev } = head;
  return bodies.map((body) => {
    seq += 1;
    const row = { seq, prev, body };
    const hash = createHash('sha256').update(chainedText(chain, row)).digest('hex');
    prev = hash;
    return { ...row, hash };
  });
}

const unavailable = (cause: unknown): CellbookError =>
  new CellbookError('store_unavailable', {
    doing: 'writing to the audit log',
    problem: 'it cannot be written at the moment, and nothing is done here without it',
    next: 'Try again in a few seconds.',
    retryAfterMs: 2_000,
    cause,
  });
