/** `GET /v1/jobs/queue` and `GET /v1/jobs/webhook-key`. */
import { jobQuotasOf } from '@cellbook/shared/protocol/quota.ts';
import { monthOf } from '../admission/price.ts';
import { shedOf } from '../admission/shed.ts';
import { webhookKeyOf } from '../webhooks/sign-webhook.ts';
import { needs } from './access/gate.ts';
import type { JobsDeps, JobsScope } from './jobs-deps.ts';
import { iso } from './present-job.ts';

export function registerQueueRoutes(app: JobsScope, deps: JobsDeps): void {
  const { store, regionId, clock, pressure } = deps;
  app.get('/v1/jobs/queue', needs('job.list'), async ({ principal }) => {
    const { org, sub, tier } = principal;
    const quotas = jobQuotasOf(tier, principal.quota);
    const nowMs = clock.nowMs();
    const month = monthOf(nowMs);
    const [organisation, user] = await Promise.all([
      store.holdingOf(org, month),
      store.holdingOf(`${org}/${sub}`, month),
    ]);
    const now = pressure();
    return {
      ...{ region: regionId, organisationId: org, tier },
      organisation: { unfinished: organisation.unfinished, limit: quotas.organisation.unfinished },
      user: { unfinished: user.unfinished, limit: quotas.user.unfinished },
      spend: {
        month,
        reservedMicros: organisation.reservedMicros,
        spentMicros: organisation.spentMicros,
        capMicros: quotas.organisation.spendMicrosPerMonth,
      },
      tierQueue: now && {
        waiting: now.queuedByTier[tier],
        expectedWaitMs: now.waitMsByTier[tier],
        isShedding: shedOf(now, tier, nowMs) !== null,
        at: iso(now.atMs),
      },
    };
  });
  app.get('/v1/jobs/webhook-key', needs('job.submit'), async ({ principal }) => ({
    key: webhookKeyOf(principal.org, deps.keys[0]),
    algorithm: 'hmac-sha256',
  }));
}
