/**
 * What becomes of webhooks: tries counted where they are made; how many wait, and for how long, looked at in the
 * background, so that whoever asks while Postgres is away is answered.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { WebhookOutbox } from './webhook-outbox.ts';

export const triedOutcomes = ['delivered', 'failed', 'given_up'] as const;
export type Tried = (typeof triedOutcomes)[number];

const lookEveryMs = 30_000;

/** `failed`: it is tried again; `given_up`: it is not. */
export function countTries(metrics: Metrics): (outcome: Tried) => void {
  const tries = metrics.counter(
    'cellbook_scheduler_webhook_tries_total',
    'Webhooks that were sent, and what came of it.',
    ['outcome'],
  );
  for (const outcome of triedOutcomes) tries.inc({ outcome }, 0);
  return (outcome) => tries.inc({ outcome });
}

export interface WebhookGauges {
  look(): void;
  close(): Promise<void>;
}

export function webhookGauges(deps: {
  metrics: Metrics;
  outbox: Pick<WebhookOutbox, 'waiting'>;
  clock: Clock;
}): WebhookGauges {
  const { metrics, outbox, clock } = deps;
  const waiting = metrics.gauge('cellbook_scheduler_webhooks_waiting', 'Webhooks not delivered yet.');
  const overdue = metrics.gauge(
    'cellbook_scheduler_webhook_overdue_seconds',
    'How long the one has waited that should have been sent the longest ago.',
  );
  let underWay: Promise<void> = Promise.resolve();
  let dueMs = 0;

  async function lookAtOutbox(): Promise<void> {
    const looking = { code: 'store_unavailable', doing: 'looking which webhooks wait' } as const;
    const nowMs = clock.nowMs();
    const found = await withDeadline(clock, limits.scheduler.statementMs, looking, () => outbox.waiting());
    waiting.set(found.count);
    overdue.set(found.dueMs === null ? 0 : Math.max(0, nowMs - found.dueMs) / 1000);
  }

  return {
    look() {
      if (clock.monotonicMs() < dueMs) return;
      dueMs = clock.monotonicMs() + lookEveryMs;
      underWay = lookAtOutbox().catch(() => undefined);
    },
    close: () => underWay,
  };
}
