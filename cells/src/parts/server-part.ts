/** The HTTP server with every part's routes behind the one gate. */
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { FastifyInstance } from 'fastify';
import { createPrincipalVerifier } from '../api/access/principal-verifier.ts';
import { openPublicKeys } from '../api/access/public-keys.ts';
import { QueueFeed } from '../api/events/queue-feed.ts';
import { createServer } from '../api/server.ts';
import type { AuditPart } from '../audit/open-audit.ts';
import { createRetentionWishes } from '../audit/retention-wishes.ts';
import type { CellTools } from '../cell.ts';
import type { CellConfig } from '../config.ts';
import { registerContentsRoutes } from '../contents/register-contents-routes.ts';
import { createPostgresEgressLog } from '../egress/postgres-egress-log.ts';
import { createPostgresEnvironmentStore } from '../environments/postgres-environment-store.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { baseUrl } from '../gateway/routes/context.ts';
import type { Home } from '../home/home.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { Recovered } from '../lifecycle/recover/recover.ts';
import { filesWithinQuota } from '../quotas/files-within-quota.ts';
import { IdleUsuals } from '../quotas/idle-usuals.ts';
import type { WorkspaceQuotas } from '../quotas/quota-guard.ts';
import { registerRecall } from '../quotas/shares/recall-route.ts';
import { registerSealSecrets } from '../secrets/bring/seal-route.ts';
import type { WorkspaceVolumes } from '../storage/workspace-volumes.ts';
import { readUsage } from '../usage/read-usage.ts';
import { createDiffer } from '../versions/differ.ts';
import type { FindingPart } from './finding-part.ts';
import { registerLab } from './lab-part.ts';
import type { SecretPart } from './secret-part.ts';
import type { SharePart } from './share-part.ts';
import type { StandingPart } from './standing-part.ts';
import type { CellStores } from './store-part.ts';

export interface ServerParts {
  config: CellConfig;
  tools: CellTools;
  stores: CellStores;
  lifecycle: Lifecycle;
  volumes: WorkspaceVolumes;
  gateway: Gateway;
  sandboxVersion: string;
  metrics: Metrics;
  secrets: SecretPart;
  findings: FindingPart;
  audit: AuditPart;
  quotas: WorkspaceQuotas;
  shared: SharePart | null;
  home: Home | undefined;
  standing: StandingPart;
  recover(workspaceId: WorkspaceId): Promise<Recovered>;
}

export async function serve(parts: ServerParts): Promise<FastifyInstance> {
  const {
    config,
    tools,
    stores,
    lifecycle,
    volumes,
    gateway,
    sandboxVersion,
    metrics,
    secrets,
    audit,
    quotas,
    recover,
    findings,
    standing,
    home,
  } = parts;
  const { clock, log } = tools;
  const { database, transitions, rests, feed } = stores;
  const { store, idempotency } = stores.api;
  const keys = await openPublicKeys(config.edgePublicKeysFile, clock);
  const wishes = createRetentionWishes(audit.store, log);
  const limitedVolumes = volumesWithinQuota(parts);
  const differ = createDiffer(clock);
  const queue = new QueueFeed(lifecycle);
  lifecycle.onQueued((id, place) => queue.tell(id, place));
  const app = await createServer({
    ...tools,
    metrics,
    ...{ home, standing },
    access: {
      principals: createPrincipalVerifier({ keys, cellId: config.cellId, clock }),
      tenantOf: (workspaceId, deletedToo) => lifecycle.tenantOf(workspaceId, deletedToo),
      heard(principal) {
        quotas.hear(principal);
        wishes.hear(principal);
      },
    },
    audit: audit.log,
    health: {
      ...{ cellId: config.cellId, clock, metrics, isRedisUp: stores.isRedisUp },
      checkDatabase: async () => void (await database.$client`select 1`),
      isDraining: () => lifecycle.isDraining,
      versions: { sandbox: sandboxVersion, node: process.version },
    },
    lifecycle: {
      ...{ store, transitions, rests, idempotency, volumes, quotas, feed, secrets, recover, ...tools, audit },
      ...{ standing: standing.standing, queue },
      findings: { store: findings.store, volumes },
      egress: createPostgresEgressLog(database),
      environments: { store: createPostgresEnvironmentStore(database), volumes },
      ...{ idleUsuals: new IdleUsuals(database), readUsage: (asked) => readUsage(database, asked) },
      versions: { volumes: limitedVolumes, differ, restored: onRestored(parts) },
      changed: (row) => {
        lifecycle.wake(row.id);
        feed.publish(row.ownerId);
      },
    },
  });
  if (parts.shared) registerRecall(app, parts.shared);
  if (secrets.sealing) registerSealSecrets(app, secrets.sealing);
  app.addHook('onClose', () => differ.close());
  await gateway.registerRoutes(app);
  serveContents(app, parts, limitedVolumes);
  await registerLab(app, { config, database, runtime: lifecycle, queue, volumes, clock, log });
  return app;
}

function serveContents(
  app: FastifyInstance,
  { findings, gateway, tools }: ServerParts,
  volumes: Pick<WorkspaceVolumes, 'files'>,
): void {
  findings.findings.onFlagged((workspaceId, path, found) => gateway.onFindings(workspaceId, path, found));
  registerContentsRoutes(app, {
    ...{ ...tools, volumes, basePath: baseUrl, findings: findings.findings },
    resolveKernelPath: (workspaceId, kernelId, path) =>
      gateway.resolveKernelPath(workspaceId, kernelId, path),
    onEvent: (workspaceId, event) => gateway.onContentsEvent(workspaceId, event),
  });
}

function volumesWithinQuota({ volumes, stores, quotas }: ServerParts) {
  const deps = {
    files: volumes.files,
    tenantOf: (workspaceId: WorkspaceId) => stores.api.store.get(workspaceId),
    quotas,
  };
  return { files: (workspaceId: WorkspaceId) => filesWithinQuota(deps, workspaceId) };
}

/** A version that is brought back is looked at and told of like any other save. */
const onRestored =
  ({ findings, gateway }: ServerParts) =>
  (workspaceId: WorkspaceId, path: string, bytes: Buffer): void => {
    void findings.findings.saved(workspaceId, { path, bytes });
    gateway.onContentsEvent(workspaceId, { action: 'save', path });
  };
