/** The instance that follows and leads, and the region as everything else sees it. */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { Committed } from './committed.ts';
import type { SchedulerConfig } from './config.ts';
import { Instance } from './lead/instance.ts';
import { measureTurns } from './lead/measure-turns.ts';
import { Payloads } from './lead/payloads.ts';
import { readPayloadsOf } from './lead/read-payloads.ts';
import { leaderTerms } from './leader/term.ts';
import { ensurePartitions } from './log/partitions.ts';
import type { Stores } from './open-stores.ts';
import type { Region } from './region.ts';

export interface RegionParts {
  stores: Stores;
  metrics: Metrics;
  /** Where others reach this instance; filled in once it listens. */
  at: { url: string };
}

export function openRegion(
  config: Pick<SchedulerConfig, 'schedulerId' | 'agentLeaseMs'>,
  { clock, random, log: logger }: { clock: Clock; random: Random; log: Logger },
  { stores, metrics, at }: RegionParts,
): { instance: Instance; region: Region } {
  const { database, log, arrivals, snapshots, leaders } = stores;
  const committed = new Committed(logger);
  const instance: Instance = new Instance({
    ...{ log, arrivals, snapshots, clock, random, logger, store: leaders, terms: leaderTerms },
    holder: `${config.schedulerId}-${random.uuid()}`,
    url: () => at.url,
    payloads: new Payloads(readPayloadsOf(database)),
    committed: (entries) => committed.tell(entries),
    measured: measureTurns(metrics, () => instance.replica?.state ?? null),
    agentLeaseMs: config.agentLeaseMs,
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
