/** Everything that an instance counts and shows beside what its parts count themselves. */
import { fileURLToPath } from 'node:url';
import type { Clock } from '@cellbook/shared/clock.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { Database } from '../db/database.ts';
import { lookAtPredictor } from '../predict/prediction-metrics.ts';
import type { Predictor } from '../predict/predictor.ts';
import type { Region } from '../region.ts';
import { webhookGauges } from '../webhooks/webhook-metrics.ts';
import { createWebhookOutbox } from '../webhooks/webhook-outbox.ts';
import { EventCounter } from './count-events.ts';
import { stateGauges } from './state-gauges.ts';
import { storageGauges } from './storage-gauges.ts';

export interface OpenMetricsDeps {
  metrics: Metrics;
  region: Region;
  predictor: Pick<Predictor, 'names' | 'drift'>;
  database: Database;
  clock: Clock;
  logger: Logger;
  dataDirectory: string;
  /** As configured: `file:/dir`, or an S3's. */
  objects: string;
}

export interface OpenMetrics {
  /** Brings gauges up to date: whoever asks waits for it. Several who ask share one look. */
  look(): Promise<void>;
  close(): Promise<void>;
}

export function openMetrics(deps: OpenMetricsDeps): OpenMetrics {
  const { metrics, region, predictor, clock, logger } = deps;
  const leads = metrics.gauge('cellbook_scheduler_leads', '1: this instance leads its region.');
  const epoch = metrics.gauge('cellbook_scheduler_epoch', 'Of the last leader that this instance knows of.');
  const counter = new EventCounter(metrics, region);
  const unfollow = region.follow((committed) => counter.committed(committed));
  const setState = stateGauges(metrics, clock);
  const setPredictor = lookAtPredictor(metrics, predictor);
  const storage = storageGauges({ ...deps, directories: directoriesOf(deps) });
  const webhooks = webhookGauges({ metrics, clock, outbox: createWebhookOutbox(deps.database) });
  let flight: Promise<void> | null = null;

  async function look(): Promise<void> {
    const leadership = region.leadership();
    leads.set(leadership.leads ? 1 : 0);
    epoch.set(leadership.epoch);
    setPredictor();
    webhooks.look();
    const state = region.state();
    if (state) await setState(state);
    await storage.look();
  }

  return {
    async look() {
      flight ??= look()
        .catch((error: unknown) => logger.warn({ err: error }, 'some gauges show what was so before'))
        .finally(() => {
          flight = null;
        });
      await flight;
    },
    async close() {
      unfollow();
      await flight;
      await Promise.all([storage.close(), webhooks.close()]);
    },
  };
}

function directoriesOf({ dataDirectory, objects }: OpenMetricsDeps): Record<string, string> {
  const url = URL.parse(objects);
  return { data: dataDirectory, ...(url?.protocol === 'file:' && { objects: fileURLToPath(url) }) };
}
