/** What is counted between regions; there from the start, also in a region that is alone: the first of a kind is a rise too. */
import type { RegionId } from '@cellbook/shared/ids.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { PeerTrouble } from './peers.ts';

/** One that cannot be reached is no misunderstanding. */
const mishearings: readonly Exclude<PeerTrouble, 'unreachable'>[] = ['refused', 'unreadable'];

const unreadKinds = ['message', 'job'] as const;
export type Unread = (typeof unreadKinds)[number];

export function federationMetrics(metrics: Metrics, others: readonly RegionId[]) {
  const misheard = metrics.counter(
    'cellbook_scheduler_guardian_misheard_total',
    'Answers of the guardian of the queue that cannot be read here, and what it refuses of messages, or cannot read of releases.',
    ['trouble'],
  );
  for (const trouble of mishearings) misheard.inc({ trouble }, 0);
  const unread = metrics.counter(
    'cellbook_scheduler_copies_unread_total',
    'Messages about other regions’ queues, and jobs in them, that cannot be read here.',
    ['from', 'what'],
  );
  for (const from of others) for (const what of unreadKinds) unread.inc({ from, what }, 0);
  return {
    ...{ misheard, unread },
    unguarded: metrics.gauge(
      'cellbook_scheduler_queue_unguarded',
      '1: this instance leads, an edge keeps its record, there are other regions, and none of them guards the queue.',
    ),
    oldestOffer: metrics.gauge(
      'cellbook_scheduler_spill_oldest_seconds',
      'How long the oldest job has been offered to another region without a settled answer.',
    ),
    refused: metrics.counter(
      'cellbook_scheduler_copies_refused_total',
      'Jobs that the guardian of the queue cannot read: they are not taken up where the region is lost.',
    ),
  };
}
export type FederationMetrics = ReturnType<typeof federationMetrics>;
