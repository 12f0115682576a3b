/**
 * This instance's copy of the state: the newest snapshot and every event after it, folded. Whoever does not lead follows
 * the log with it, so that it can lead at once; who leads applies its own events to it as they are decided, before they
 * are committed. A leader that ends its term in between therefore throws its copy away and folds another.
 */
import { limits } from '@cellbook/shared/limits.ts';
import { applyEvent } from '../core/apply-event.ts';
import { newState, type SchedulerState } from '../core/state.ts';
import { type ArrivalPoint, type EventLog, noArrival, type StoredEntry } from '../log/event-log.ts';
import type { SnapshotStore } from '../log/snapshot-store.ts';
import { readSnapshot } from './snapshot-format.ts';

export interface Replica {
  state: SchedulerState;
  /** The last event that is in it. */
  seq: number;
  watermark: ArrivalPoint;
}

export async function rebuild(log: EventLog, snapshots: SnapshotStore): Promise<Replica> {
  const snapshot = await snapshots.newest();
  const replica = snapshot
    ? { state: await readSnapshot(snapshot), seq: snapshot.seq, watermark: snapshot.watermark }
    : { state: newState(), seq: 0, watermark: noArrival };
  await catchUp(replica, log);
  return replica;
}

/** Folds what has been committed since; `seen` is told of each page. */
export async function catchUp(
  replica: Replica,
  log: EventLog,
  seen: (entries: readonly StoredEntry[]) => void = () => {},
): Promise<void> {
  for (;;) {
    const entries = await log.read(replica.seq, limits.scheduler.readMax);
    for (const { event, seq, arrival } of entries) {
      applyEvent(replica.state, event);
      replica.seq = seq;
      if (arrival) replica.watermark = arrival;
    }
    if (entries.length > 0) seen(entries);
    if (entries.length < limits.scheduler.readMax) return;
  }
}
