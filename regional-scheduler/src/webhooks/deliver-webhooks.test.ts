import { ManualClock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { createMetrics } from '@cellbook/shared/metrics.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSchedulerTestDatabase, type SchedulerTestDatabase } from '../testing/test-database.ts';
import { createWebhookDeliveries } from './deliver-webhooks.ts';
import type { Post, Posted } from './post-webhook.ts';
import { countTries, webhookGauges } from './webhook-metrics.ts';
import { createWebhookOutbox } from './webhook-outbox.ts';

const { candidatesMax, perOrganisationMax, answerMs, leaseMs, resolveMs } = limits.jobs.webhook;
const clock = new ManualClock();
let bed: SchedulerTestDatabase;
beforeAll(async () => {
  bed = await createSchedulerTestDatabase();
});
afterAll(() => bed?.drop());

const due = (orgId: string, count: number, dueMs: number) => bed.database.$client`
  insert into webhook_outbox (id, job_id, org_id, url, body, state, due_ms, made_ms)
  select ${orgId} || nth, 'job', ${orgId}, 'https://' || ${orgId}::text, '{}', 'waiting', ${dueMs}, 0
  from generate_series(1, ${count}::int) as nth`;

it('tells one customer’s receivers while all of another’s say nothing, and goes on as they do', async () => {
  const nowMs = clock.nowMs();
  await due('slow', candidatesMax + 1, nowMs - 2);
  await due('quick', 2 * perOrganisationMax, nowMs - 1);
  const posted = { slow: 0, quick: 0 };
  const held: ((posted: Posted) => void)[] = [];
  const post = ({ url }: Post): Promise<Posted> => {
    const of = url.includes('slow') ? 'slow' : 'quick';
    posted[of]++;
    if (of === 'quick') return Promise.resolve({ kind: 'answered', status: 200 });
    return new Promise((resolve) => held.push(resolve));
  };
  const metrics = createMetrics();
  const outbox = createWebhookOutbox(bed.database);
  const deliveries = createWebhookDeliveries({
    ...{ outbox, post, keys: [Buffer.alloc(32, 7)], tried: countTries(metrics, clock) },
    ...{ clock, random: seededRandom(1), log: silentLogger },
  });
  deliveries.start();
  const told = async () => {
    const [row] = await bed.database.$client<{ count: number }[]>`
      select count(*)::int as count from webhook_outbox where org_id = 'quick' and state = 'delivered'`;
    return row?.count;
  };
  await expect.poll(told, { timeout: 20_000 }).toBe(2 * perOrganisationMax);
  expect(posted).toEqual({ slow: perOrganisationMax, quick: 2 * perOrganisationMax });
  for (const answer of held.splice(0, 2)) answer({ kind: 'answered', status: 500 });
  await expect.poll(() => posted.slow, { timeout: 20_000 }).toBe(perOrganisationMax + 2);
  const stopped = deliveries.stop();
  for (const answer of held) answer({ kind: 'answered', status: 200 });
  await stopped;
  expect(posted.slow).toBe(perOrganisationMax + 2);

  const gauges = webhookGauges({ metrics, outbox, clock });
  await clock.advance(60_000);
  gauges.look();
  await gauges.close();
  const { body } = await metrics.render();
  const delivered = 3 * perOrganisationMax;
  expect(body).toContain(`cellbook_scheduler_webhook_tries_total{outcome="delivered"} ${delivered}`);
  expect(body).toContain('cellbook_scheduler_webhook_tries_total{outcome="failed"} 2');
  expect(body).toContain('cellbook_scheduler_webhook_tries_total{outcome="given_up"} 0');
  expect(body).toContain('cellbook_scheduler_webhook_organisations_total{outcome="reached"} 2');
  expect(body).toContain('cellbook_scheduler_webhook_organisations_total{outcome="missed"} 1');
  const left = candidatesMax + 1 - perOrganisationMax;
  expect(body).toContain(`cellbook_scheduler_webhooks_waiting ${left}`);
  // What nobody has tried was due two thousandths of a second before all began.
  expect(body).toContain('cellbook_scheduler_webhook_overdue_seconds 60.002');
});

it('holds nothing for longer than it is its own', () => {
  expect(resolveMs).toBeLessThan(answerMs);
  expect(2 * answerMs).toBeLessThan(leaseMs);
});
