/**
 * What keeps the record from growing: while this instance leads it makes room ahead in the log, has a snapshot made by a
 * thread of its own when enough has happened (the leader's own thread would stand still for seconds over a million
 * jobs), drops what the snapshot covers, and forgets jobs whose time is over. All of it may be missed, repeated, or done
 * by two at once.
 *
 * How long folding anew takes is bounded by what is folded: a snapshot, and the events after it, which are at most
 * `snapshotEvents` and those of the time that the next snapshot needs, from the look that finds it due until it is made
 * (limits.scheduler has the sum).
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Database } from '../db/database.ts';
import type { Instance } from '../lead/instance.ts';
import { dropPartitions, ensurePartitions } from '../log/partitions.ts';
import type { SnapshotStore } from '../log/snapshot-store.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { makeSnapshotAside } from './make-snapshot-aside.ts';
import { pruneAsks } from './prune-asks.ts';
import { pruneJobs } from './prune-jobs.ts';

export interface UpkeepDeps {
  objects?: Pick<ObjectStore, 'removeAbandoned' | 'list' | 'remove'>;
  config: { databaseUrl: string };
  database: Database;
  instance: Instance;
  snapshots: SnapshotStore;
  clock: Clock;
  log: Logger;
}

export function startUpkeep(deps: UpkeepDeps): { close(): Promise<void> } {
  const { clock, log } = deps;
  let isClosed = false;
  const failed = (error: unknown) => log.warn({ err: error }, 'upkeep of the record failed; it comes again');
  const recording = repeatedly(clock, limits.scheduler.snapshotLookMs, () => keepUp(deps).catch(failed));
  const tidying = repeatedly(clock, limits.scheduler.upkeepMs, async () => {
    await Promise.all([removeAbandoned(deps), forgetOld(deps, () => isClosed)]).catch(failed);
  });
  return {
    async close() {
      isClosed = true;
      await Promise.all([recording.close(), tidying.close()]);
    },
  };
}

/** Waits, works, and waits again. */
function repeatedly(clock: Clock, everyMs: number, work: () => Promise<void>): { close(): Promise<void> } {
  let isClosed = false;
  let underWay: Promise<void> = Promise.resolve();
  let timer = again();
  function again() {
    return clock.setTimer(everyMs, () => {
      underWay = work().finally(() => {
        if (!isClosed) timer = again();
      });
    });
  }
  return {
    async close() {
      isClosed = true;
      timer.cancel();
      await underWay;
    },
  };
}

/** No agent goes on with an upload whose attempt has been over for as long as any may last. */
async function removeAbandoned({ objects, clock, log }: UpkeepDeps): Promise<void> {
  const removed = await objects?.removeAbandoned(clock.nowMs() - limits.scheduler.eventsKeptMs);
  if (removed) log.info({ removed }, 'uploads that nobody went on with were removed');
}

async function forgetOld(deps: UpkeepDeps, isClosed: () => boolean): Promise<void> {
  const { objects, database, instance, clock, log } = deps;
  if (!instance.leading || !objects) return;
  const isOver = () => isClosed() || !instance.leading;
  const jobs = await pruneJobs({ database, objects, logger: log, nowMs: clock.nowMs(), isOver });
  const asks = await pruneAsks(database, clock.nowMs() - limits.scheduler.eventsKeptMs);
  if (jobs + asks > 0) log.info({ jobs, asks }, 'what is older than it is remembered was removed');
}

export async function keepUp(
  deps: UpkeepDeps,
  snapshotEvents: number = limits.scheduler.snapshotEvents,
): Promise<void> {
  const { config, database, instance, snapshots, clock, log } = deps;
  const { replica } = instance;
  if (!instance.leading || !replica) return;
  await ensurePartitions(database, replica.seq);
  const newest = await snapshots.newest();
  const events = replica.seq - (newest?.seq ?? 0);
  if (events < snapshotEvents) return;
  const { tailEventsMax } = limits.scheduler;
  if (events > tailEventsMax)
    log.warn({ events, tailEventsMax }, 'folding the record anew would take too long');
  const seq = await makeSnapshotAside(config.databaseUrl, clock, events);
  await snapshots.removeOlder(limits.scheduler.snapshotsKept);
  const beforeMs = clock.nowMs() - limits.scheduler.eventsKeptMs;
  const dropped = await dropPartitions(database, { snapshotSeq: seq, lastSeq: replica.seq, beforeMs });
  log.info({ seq, dropped }, 'a snapshot was made');
}
