/**
 * Snapshots of the state: what replaying begins from. Written by whoever has the time (never by the leader's own
 * thread), read when a replica begins. A snapshot is there as a whole or not at all; of two with one number the first
 * stands.
 */
import type { ArrivalPoint } from './event-log.ts';

export interface SnapshotHead {
  /** The last event that is in it. */
  seq: number;
  /** The last arrival that is in it. */
  watermark: ArrivalPoint;
}

export interface SnapshotStore {
  save(head: SnapshotHead, parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void>;
  /** The newest; its parts come one by one, so that never all of it is in memory twice. */
  newest(): Promise<(SnapshotHead & { parts(): AsyncIterable<Uint8Array> }) | null>;
  /** Keeps the newest so many. */
  removeOlder(keep: number): Promise<void>;
}
