/** Tells receivers what is due, and puts off what they did not take. */
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { retryDelayMs } from '@cellbook/shared/retry.ts';
import type { Keys } from '../results/signed-urls.ts';
import type { Post, Posted } from './post-webhook.ts';
import { webhookHeaders } from './sign-webhook.ts';
import type { TakenDelivery, WebhookOutbox } from './webhook-outbox.ts';

export interface DeliverDeps {
  outbox: WebhookOutbox;
  post(post: Post): Promise<Posted>;
  keys: Keys;
  clock: Clock;
  random: Random;
  log: Logger;
}

export interface WebhookDeliveries {
  /** One look: how many were tried. */
  deliver(): Promise<number>;
  start(): void;
  stop(): Promise<void>;
}

export function createWebhookDeliveries(deps: DeliverDeps): WebhookDeliveries {
  const { outbox, clock, log } = deps;
  let timer: Timer | null = null;
  let flight: Promise<unknown> = Promise.resolve();
  let isStopped = false;
  const deliver = async () => {
    const taken = await outbox.take(clock.nowMs());
    await Promise.all(taken.map((one) => deliverOne(deps, one)));
    return taken.length;
  };
  const look = () => {
    if (isStopped) return;
    flight = deliver()
      .catch((error: unknown) => log.warn({ err: error }, 'webhooks wait until the database answers'))
      .then((count) => {
        const isBusy = typeof count === 'number' && count >= limits.jobs.webhook.takeRowsMax;
        if (!isStopped) timer = clock.setTimer(isBusy ? 0 : limits.jobs.webhook.lookMs, look);
      });
  };
  return {
    deliver,
    start: look,
    async stop() {
      isStopped = true;
      timer?.cancel();
      await flight;
    },
  };
}

async function deliverOne(
  deps: DeliverDeps,
  { id, orgId, url, body, attempts }: TakenDelivery,
): Promise<void> {
  const { outbox, keys, clock, random, log } = deps;
  const headers = webhookHeaders({ id, orgId, body, nowMs: clock.nowMs() }, keys);
  const posted = await deps.post({ url, headers, body });
  if (posted.kind === 'answered' && posted.status >= 200 && posted.status < 300) return outbox.delivered(id);
  const problem = posted.kind === 'answered' ? `it answered ${posted.status}` : posted.problem;
  const { attemptsMax, retryMsMin: baseDelayMs, retryMsMax: maxDelayMs } = limits.jobs.webhook;
  // 410: the receiver says that it wants to hear nothing more.
  const isOver = attempts >= attemptsMax || (posted.kind === 'answered' && posted.status === 410);
  const delayMs = baseDelayMs + retryDelayMs(attempts, { attemptsMax, baseDelayMs, maxDelayMs }, random);
  const againMs = isOver ? null : clock.nowMs() + delayMs;
  if (isOver) log.warn({ webhook: id, attempts, problem }, 'a webhook was given up');
  await outbox.failed(id, problem, againMs);
}
