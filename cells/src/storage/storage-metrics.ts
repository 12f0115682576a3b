/** What an operator watches of storage: rounds of the syncer, what they could not keep, and attaches. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { createMetrics, type Metrics } from '@cellbook/shared/metrics.ts';
import type { SyncReport } from './live/live-volume.ts';

type Round = (signal: AbortSignal) => Promise<SyncReport>;

export interface StorageMetrics {
  timedRound(round: Round): Round;
  timeAttach<T>(work: () => Promise<T>): Promise<T>;
}

export function createStorageMetrics(metrics: Metrics = createMetrics(), clock: Clock): StorageMetrics {
  const rounds = metrics.histogram(
    'cellbook_cell_storage_sync_seconds',
    'Rounds that take what code has written off the host',
    ['outcome'],
  );
  const bytes = metrics.counter('cellbook_cell_storage_sync_read_bytes_total', 'Bytes read by those rounds');
  const skipped = metrics.counter(
    'cellbook_cell_storage_skipped_total',
    'Names that a round could not keep, by reason',
    ['reason'],
  );
  const attaches = metrics.histogram(
    'cellbook_cell_storage_attach_seconds',
    'Materialising the stored files on the host',
  );
  const secondsSince = (startedMs: number) => (clock.monotonicMs() - startedMs) / 1_000;
  return {
    timedRound: (round) => async (signal) => {
      const startedMs = clock.monotonicMs();
      try {
        const report = await round(signal);
        rounds.observe({ outcome: 'ok' }, secondsSince(startedMs));
        bytes.inc(report.bytesRead);
        for (const { reason } of report.skipped) skipped.inc({ reason });
        return report;
      } catch (error) {
        if (!signal.aborted) rounds.observe({ outcome: 'failed' }, secondsSince(startedMs));
        throw error;
      }
    },
    async timeAttach(work) {
      const startedMs = clock.monotonicMs();
      const outcome = await work();
      attaches.observe(secondsSince(startedMs));
      return outcome;
    },
  };
}
