import type { Clock } from '@cellbook/shared/clock.ts';
import { rebuild } from '../lead/replica.ts';
import { writeSnapshot } from '../lead/snapshot-format.ts';
import type { EventLog } from '../log/event-log.ts';
import type { SnapshotStore } from '../log/snapshot-store.ts';

/** Folds all there is, and writes it down; the last event that is in it. */
export async function makeSnapshot(log: EventLog, snapshots: SnapshotStore, clock: Clock): Promise<number> {
  const { state, seq, watermark } = await rebuild(log, snapshots, { clock });
  await snapshots.save({ seq, watermark }, writeSnapshot(state));
  return seq;
}
