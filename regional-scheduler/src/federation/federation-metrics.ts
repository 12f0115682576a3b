/** What is counted between regions; there from the start, also in a region that is alone. */
import type { Metrics } from '@cellbook/shared/metrics.ts';

export function federationMetrics(metrics: Metrics) {
  return {
    oldestOffer: metrics.gauge(
      'cellbook_scheduler_spill_oldest_seconds',
      'How long the oldest job has been offered to another region without a settled answer.',
    ),
    refused: metrics.counter(
      'cellbook_scheduler_copies_refused_total',
      'Jobs that the guardian of the queue cannot read: they are not taken up where the region is lost.',
    ),
    misheard: metrics.counter(
      'cellbook_scheduler_guardian_misheard_total',
      'Answers of the guardian of the queue that cannot be read here, and messages that it refuses as a whole.',
      ['trouble'],
    ),
    unread: metrics.counter(
      'cellbook_scheduler_copies_unread_total',
      'Messages about other regions’ queues, and jobs in them, that cannot be read here.',
      ['from', 'what'],
    ),
  };
}
export type FederationMetrics = ReturnType<typeof federationMetrics>;
