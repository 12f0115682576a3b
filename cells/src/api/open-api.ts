/** The OpenAPI description, made from the routes themselves; nothing behind them is needed for it. */
import { ManualClock } from '@cellbook/shared/clock.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { fastify } from 'fastify';
import { noAudit } from '../audit/no-audit.ts';
import { createMemoryAuditStore } from '../audit/store/memory-audit-store.ts';
import { createMemoryEgressLog } from '../egress/memory-egress-log.ts';
import { withoutEnvironments } from '../environments/no-environments.ts';
import { withoutFindings } from '../findings/no-findings.ts';
import { MemoryRestStore } from '../ladder/memory-rest-store.ts';
import { MemoryTransitionStore } from '../lifecycle/stores/memory-transition-store.ts';
import { MemoryWorkspaceStore } from '../lifecycle/stores/memory-workspace-store.ts';
import { noQuotas } from '../quotas/no-quotas.ts';
import { withoutSecrets } from '../secrets/no-secrets.ts';
import { withoutVersions } from '../versions/no-versions.ts';
import { openChangeFeed } from './events/change-feed.ts';
import { MemoryIdempotencyStore } from './idempotency/memory-idempotency-store.ts';
import { registerLifecycleApi } from './lifecycle-api.ts';

export async function describeApi(): Promise<unknown> {
  const clock = new ManualClock();
  const transitions = new MemoryTransitionStore();
  const store = new MemoryWorkspaceStore(clock, transitions);
  const log = silentLogger;
  const app = fastify();
  let description: unknown;
  await registerLifecycleApi(app, {
    ...{ store, transitions, rests: new MemoryRestStore(), clock, log },
    idempotency: new MemoryIdempotencyStore(),
    volumes: { create: async () => {} },
    findings: withoutFindings,
    egress: createMemoryEgressLog(),
    environments: withoutEnvironments,
    versions: withoutVersions,
    quotas: noQuotas,
    readUsage: async () => [],
    idleUsuals: { of: async () => null, choose: async () => [], forget: async () => [] },
    feed: await openChangeFeed({ store, bus: null, log }),
    random: seededRandom(1),
    secrets: withoutSecrets({ clock, log }),
    audit: { store: createMemoryAuditStore(), log: noAudit, chain: 'cell-described' },
    recover: () => Promise.reject(new Error('nothing is behind this description')),
    changed() {},
    described(made) {
      description = made;
    },
  });
  await app.ready();
  await app.close();
  return description;
}
