/**
 * This instance's copy of the state: the newest snapshot and every event after it, folded. Whoever does not lead follows
 * the log with it, so that it can lead at once; who leads applies its own events to it as they are decided, before they
 * are committed. A leader that ends its term in between therefore throws its copy away and folds another.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { applyEvent } from '../core/apply-event.ts';
import { newState, type SchedulerState } from '../core/state.ts';
import { type ArrivalPoint, type EventLog, noArrival, type StoredEntry } from '../log/event-log.ts';
import type { SnapshotStore } from '../log/snapshot-store.ts';
import { nextTurn } from './next-turn.ts';
import { readSnapshot } from './snapshot-format.ts';

export interface Replica {
  state: SchedulerState;
  /** The last event that is in it. */
  seq: number;
  watermark: ArrivalPoint;
}

export interface Reading {
  clock: Clock;
  /** Nobody waits any more. */
  signal?: AbortSignal;
}

export async function rebuild(log: EventLog, snapshots: SnapshotStore, reading: Reading): Promise<Replica> {
  const { clock, signal } = reading;
  const { snapshotMs } = limits.scheduler;
  const snapshot = await withDeadline(
    clock,
    snapshotMs,
    readingOf('the snapshot'),
    () => snapshots.newest(),
    signal,
  );
  const replica = snapshot
    ? { state: await readSnapshot(snapshot), seq: snapshot.seq, watermark: snapshot.watermark }
    : { state: newState(), seq: 0, watermark: noArrival };
  await catchUp(replica, log, reading);
  return replica;
}

/**
 * Folds what has been committed since; `seen` is told of each page, and the next is on its way while one is folded. Throws
 * `gone` where the log no longer has what comes next: only a newer snapshot does.
 */
export async function catchUp(
  replica: Replica,
  log: EventLog,
  { clock, signal }: Reading,
  seen: (entries: readonly StoredEntry[]) => void = () => {},
): Promise<void> {
  const { readMax, statementMs } = limits.scheduler;
  const readAfter = (seq: number) => {
    const page = withDeadline(clock, statementMs, readingOf('the log'), () => log.read(seq, readMax), signal);
    // Whoever waits for it hears of its failure.
    page.catch(() => {});
    return page;
  };
  for (let page: Promise<StoredEntry[]> | null = readAfter(replica.seq); page; ) {
    const entries: StoredEntry[] = await page;
    page = entries.length === readMax ? readAfter(entries.at(-1)!.seq) : null;
    await fold(replica, entries);
    if (entries.length > 0) seen(entries);
  }
}

/** In pieces, between which this instance answers whoever asks it, and reads on. */
async function fold(replica: Replica, entries: readonly StoredEntry[]): Promise<void> {
  for (const [index, { event, seq, arrival }] of entries.entries()) {
    if (seq !== replica.seq + 1) throw gap(replica.seq, seq);
    applyEvent(replica.state, event);
    replica.seq = seq;
    if (arrival) replica.watermark = arrival;
    if ((index + 1) % limits.scheduler.foldEvents === 0) await nextTurn();
  }
}

const readingOf = (what: string) => ({ code: 'store_unavailable' as const, doing: `reading ${what}` });

const gap = (afterSeq: number, nextSeq: number): CellbookError =>
  new CellbookError('gone', {
    doing: `following the log after event ${afterSeq}`,
    problem: `the next event that it has is ${nextSeq}`,
    next: 'The copy is folded anew from the newest snapshot.',
    ids: { afterSeq, nextSeq },
  });
