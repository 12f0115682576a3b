/** The instance that follows and leads, and the region as everything else sees it. */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { Committed } from './committed.ts';
import type { SchedulerConfig } from './config.ts';
import { Instance } from './lead/instance.ts';
import type { LeadingDeps } from './lead/leading.ts';
import { measureTurns } from './lead/measure-turns.ts';
import { Payloads } from './lead/payloads.ts';
import { readPayloadsOf } from './lead/read-payloads.ts';
import { leaderTerms } from './leader/term.ts';
import { ensurePartitions } from './log/partitions.ts';
import { measuredLog } from './metrics/measured-log.ts';
import type { Stores } from './open-stores.ts';
import type { Region } from './region.ts';

export interface RegionParts {
  stores: Stores;
  metrics: Metrics;
  /** Where others reach this instance; filled in once it listens. */
  at: { url: string };
  /** What keeps orders back; filled in where the queue is guarded by another region. */
  gate?: Pick<LeadingDeps, 'withholds'>;
}

export function openRegion(
  config: Pick<SchedulerConfig, 'schedulerId' | 'agentLeaseMs'>,
  { clock, random, log: logger }: { clock: Clock; random: Random; log: Logger },
  { stores, metrics, at, gate }: RegionParts,
): { instance: Instance; region: Region } {
  const { database, arrivals, snapshots, leaders } = stores;
  const log = measuredLog(stores.log, clock, metrics);
  const rebuilds = metrics.gauge(
    'cellbook_scheduler_rebuild_seconds',
    'The last time that this instance folded its copy anew.',
  );
  const committed = new Committed(logger);
  const instance: Instance = new Instance({
    ...{ log, arrivals, snapshots, clock, random, logger, store: leaders, terms: leaderTerms },
    holder: `${config.schedulerId}-${random.uuid()}`,
    url: () => at.url,
    payloads: new Payloads(readPayloadsOf(database)),
    committed: (entries) => committed.tell(entries),
    measured: measureTurns(metrics),
    rebuilt: (ms) => rebuilds.set(ms / 1000),
    agentLeaseMs: config.agentLeaseMs,
    withholds: (state, one, isToldOf) => gate?.withholds?.(state, one, isToldOf) ?? false,
    prepare: (lastSeq) => ensurePartitions(database, lastSeq),
  });
  const region: Region = {
    log,
    follow: (listener) => committed.follow(listener),
    wake: () => instance.wake(),
    async ask(event, by) {
      await arrivals.ask(event, by);
      instance.wake();
    },
    state: () => instance.replica?.state ?? null,
    leadership: () => ({ leads: instance.leading !== null, epoch: instance.epoch }),
  };
  return { instance, region };
}
