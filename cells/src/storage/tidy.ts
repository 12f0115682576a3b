/**
 * Tidying of volumes that are on no host, by the cell's controller: those whose time has come are taken from the
 * table for a while (whoever dies over one leaves it due), one after the other, each under its workspace's lock
 * and giving way to anybody who wants it. Those on a host are tidied by the host between its rounds (sweep.ts).
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { repeatEvery } from '../repeat.ts';
import type { KeyedLock } from './keyed-lock.ts';
import type { ManifestStore, VolumeRow } from './manifests/manifest-store.ts';
import type { ObjectStore } from './objects/object-store.ts';
import { sweep } from './sweep.ts';
import type { VolumePointer } from './volume-pointer.ts';

export interface TidiedVolumes {
  /** One pass; gives how many volumes were tidied. What fails is logged and comes again. */
  tidyDue(signal: AbortSignal): Promise<number>;
}

/** A pass every so often, until closed; closing ends the one under way and waits for it. */
export function openTidying(
  volumes: TidiedVolumes,
  { clock, log }: { clock: Clock; log: Logger },
): { close(): Promise<void> } {
  const stop = new AbortController();
  let pass: Promise<unknown> = Promise.resolve();
  const once = () => {
    pass = volumes.tidyDue(stop.signal);
    return pass;
  };
  const timer = repeatEvery(clock, limits.storage.tidyPassMs, once, log);
  return {
    async close() {
      timer.cancel();
      stop.abort(new Error('tidying stopped'));
      await pass.catch(() => {});
    },
  };
}

export interface TidyParts {
  manifests: ManifestStore;
  store: ObjectStore;
  clock: Clock;
  log: Logger;
  lock: KeyedLock<WorkspaceId>;
  pointerTo(row: VolumeRow): VolumePointer;
}

export function tidiedVolumes({ manifests, store, clock, log, lock, pointerTo }: TidyParts): TidiedVolumes {
  const tidy = (workspaceId: WorkspaceId, given: AbortSignal): Promise<boolean> =>
    lock.runYielding(workspaceId, given, async (signal) => {
      const row = await manifests.read(workspaceId);
      if (!row || row.attachedHost !== null || row.root === null) return false;
      const pointer = pointerTo(row);
      const removed = await sweep({ pointer, manifests, store, clock, signal });
      if (removed > 0) log.info({ workspaceId, removed }, 'removed objects that no kept version refers to');
      return true;
    });

  return {
    async tidyDue(signal) {
      const { tidyLeaseMs: leaseMs, tidyPassMax: max } = limits.storage;
      let tidied = 0;
      for (const workspaceId of await manifests.claimTidy({ nowMs: clock.nowMs(), leaseMs, max })) {
        if (signal.aborted) break;
        try {
          if (await tidy(workspaceId, signal)) tidied++;
        } catch (error) {
          log.warn({ err: error, workspaceId }, 'a volume was not tidied; it comes again');
        }
      }
      return tidied;
    },
  };
}
