/**
 * Takes what code writes off the host: for each live directory a round every `syncIntervalMs`. A round that
 * takes long (a large tree or a large new file) is followed by a pause of its own length, so that scanning
 * never takes more than half of a core. A round that fails is tried again with growing pauses, for ever: the
 * files are only on this host until it succeeds.
 */
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { retryDelayMs } from '@cellbook/shared/retry.ts';
import type { SyncReport } from './live/live-volume.ts';

export interface SyncerParts {
  clock: Clock;
  random: Random;
  log: Logger;
  intervalMs?: number;
}

export interface SyncLoop {
  /** No round begins after this; one that is under way is told to end, and is not waited for. */
  stop(): void;
}

export function startSyncLoop(
  workspaceId: WorkspaceId,
  round: (signal: AbortSignal) => Promise<SyncReport>,
  { clock, random, log, intervalMs = limits.storage.syncIntervalMs }: SyncerParts,
): SyncLoop {
  const stop = new AbortController();
  const { signal } = stop;
  let failures = 0;
  let skippedBefore = '';

  async function once(): Promise<number> {
    const startedMs = clock.monotonicMs();
    try {
      const { skipped } = await round(signal);
      failures = 0;
      const skippedNow = skipped.map(({ path, reason }) => `${reason} ${path.join('/')}`).join('\n');
      if (skipped.length > 0 && skippedNow !== skippedBefore)
        log.warn({ workspaceId, count: skipped.length, skipped: skipped.slice(0, 20) }, 'files not kept');
      skippedBefore = skippedNow;
      const tookMs = clock.monotonicMs() - startedMs;
      return Math.max(intervalMs - tookMs, Math.min(tookMs, intervalMs), 0);
    } catch (error) {
      if (signal.aborted) return 0;
      failures++;
      const code = error instanceof CellbookError ? error.code : 'internal';
      log.error({ workspaceId, failures, code, err: error }, 'a sync failed and will be tried again');
      return retryDelayMs(failures, limits.storage.syncRetry, random);
    }
  }

  void (async () => {
    let pauseMs = intervalMs;
    while (!signal.aborted) {
      await sleep(clock, pauseMs, signal).catch(() => {});
      if (!signal.aborted) pauseMs = await once();
    }
  })();
  return {
    stop: () => stop.abort(new Error('syncing stopped')),
  };
}
