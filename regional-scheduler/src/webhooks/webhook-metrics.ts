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

/**
 * `failed`: it is tried again; `given_up`: it is not. Organisations are counted beside, each once in a quarter of an hour:
 * one whose receiver is dead has any number of tries.
 */
export function countTries(metrics: Metrics, clock: Clock): (outcome: Tried, orgId: string) => void {
  const tries = metrics.counter(
    'cellbook_scheduler_webhook_tries_total',
    'Webhooks that were sent, and what came of it.',
    ['outcome'],
  );
  for (const outcome of triedOutcomes) tries.inc({ outcome }, 0);
  const organisations = metrics.counter(
    'cellbook_scheduler_webhook_organisations_total',
    'Organisations whose receivers were reached or missed, each once in 15 minutes.',
    ['outcome'],
  );
  for (const outcome of ['reached', 'missed']) organisations.inc({ outcome }, 0);
  const isFirst = firstInAWhile(clock);
  return (tried, orgId) => {
    tries.inc({ outcome: tried });
    const outcome = tried === 'delivered' ? 'reached' : 'missed';
    if (isFirst(`${outcome} ${orgId}`)) organisations.inc({ outcome });
  };
}

const countEveryMs = 15 * 60_000;

function firstInAWhile(clock: Clock): (key: string) => boolean {
  /** The longest ago first. */
  const counted = new Map<string, number>();
  return (key) => {
    const nowMs = clock.monotonicMs();
    if (nowMs - (counted.get(key) ?? Number.NEGATIVE_INFINITY) < countEveryMs) return false;
    counted.delete(key);
    counted.set(key, nowMs);
    for (const [oldest] of counted) {
      if (counted.size <= limits.jobs.webhook.countedMax) break;
      counted.delete(oldest);
    }
    return true;
  };
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
