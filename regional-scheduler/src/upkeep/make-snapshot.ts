import { dumpState } from '../core/dump-state.ts';
import { rebuild } from '../lead/replica.ts';
import type { EventLog } from '../log/event-log.ts';
import { pack } from '../log/snapshot-parts.ts';
import type { SnapshotStore } from '../log/snapshot-store.ts';

/** Folds all there is, and writes it down; the last event that is in it. */
export async function makeSnapshot(log: EventLog, snapshots: SnapshotStore): Promise<number> {
  const { state, seq, watermark } = await rebuild(log, snapshots);
  await snapshots.save({ seq, watermark }, pack(dumpState(state)));
  return seq;
}
