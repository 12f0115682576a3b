/**
 * Tells receivers what is due, and puts off what they did not take. So many are under way at once, of one organisation a
 * few of them: each that is over makes room for the next, and none waits for another's slow receiver. A try ends long
 * before its lease does (limits.jobs.webhook), so that nobody else has it in hand meanwhile.
 */
import type { Clock, Timer } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { retryDelayMs } from '@cellbook/shared/retry.ts';
import type { Keys } from '../results/signed-urls.ts';
import type { Post, Posted } from './post-webhook.ts';
import { webhookHeaders } from './sign-webhook.ts';
import type { Tried } from './webhook-metrics.ts';
import type { TakenDelivery, WebhookOutbox } from './webhook-outbox.ts';

export interface DeliverDeps {
  outbox: WebhookOutbox;
  post(post: Post): Promise<Posted>;
  tried(outcome: Tried, orgId: string): void;
  keys: Keys;
  clock: Clock;
  random: Random;
  log: Logger;
}

export interface WebhookDeliveries {
  start(): void;
  /** What is under way is carried through. */
  stop(): Promise<void>;
}

export function createWebhookDeliveries(deps: DeliverDeps): WebhookDeliveries {
  const { outbox, clock, log } = deps;
  const { atOnceMax, lookMs } = limits.jobs.webhook;
  const underWay = new Set<Promise<void>>();
  const busy = new Map<string, number>();
  let timer: Timer | null = null;
  let filling: Promise<void> | null = null;
  let isDirty = false;
  let isStopped = false;

  const count = (orgId: string, by: number) => {
    const now = (busy.get(orgId) ?? 0) + by;
    if (now === 0) busy.delete(orgId);
    else busy.set(orgId, now);
  };
  const send = (one: TakenDelivery) => {
    count(one.orgId, 1);
    const sent = deliverOne(deps, one)
      .catch((error: unknown) => log.warn({ err: error, webhook: one.id }, 'a webhook is told of again'))
      .then(() => {
        underWay.delete(sent);
        count(one.orgId, -1);
        look();
      });
    underWay.add(sent);
  };
  const fill = async () => {
    while (isDirty && !isStopped) {
      isDirty = false;
      const room = atOnceMax - underWay.size;
      const taken = room > 0 ? await outbox.take(clock.nowMs(), { room, busy }) : [];
      for (const one of taken) send(one);
      // Behind those of one organisation there may be others'.
      if (taken.length > 0) isDirty = true;
    }
  };
  const look = () => {
    isDirty = true;
    filling ??= fill()
      .catch((error: unknown) => log.warn({ err: error }, 'webhooks wait until the database answers'))
      .finally(() => {
        filling = null;
        if (isDirty && !isStopped) look();
      });
  };
  const again = () => {
    look();
    timer = clock.setTimer(lookMs, again);
  };
  return {
    start: again,
    async stop() {
      isStopped = true;
      timer?.cancel();
      await filling;
      await Promise.all(underWay);
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
  if (posted.kind === 'answered' && posted.status >= 200 && posted.status < 300) {
    deps.tried('delivered', orgId);
    return outbox.delivered(id);
  }
  const problem = posted.kind === 'answered' ? `it answered ${posted.status}` : posted.problem;
  const { attemptsMax, retryMsMin: baseDelayMs, retryMsMax: maxDelayMs } = limits.jobs.webhook;
  // 410: the receiver says that it wants to hear nothing more.
  const isOver = attempts >= attemptsMax || (posted.kind === 'answered' && posted.status === 410);
  const delayMs = baseDelayMs + retryDelayMs(attempts, { attemptsMax, baseDelayMs, maxDelayMs }, random);
  const againMs = isOver ? null : clock.nowMs() + delayMs;
  deps.tried(isOver ? 'given_up' : 'failed', orgId);
  if (isOver) log.warn({ webhook: id, attempts, problem }, 'a webhook was given up');
  await outbox.failed(id, problem, againMs);
}
