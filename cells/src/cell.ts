/**
 * One cell, put together from its parts: every dependency is made here and handed over, top to bottom, and
 * stopped in reverse.
 */

import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { createMetrics } from '@cellbook/shared/metrics.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { openPrincipalKeys } from './api/access/principal-keys.ts';
import { createPrincipalVerifier } from './api/access/principal-verifier.ts';
import { closeServer } from './api/close-server.ts';
import { openChangeFeed } from './api/events/change-feed.ts';
import { openRedisHints } from './api/events/redis-hints.ts';
import { PostgresIdempotencyStore } from './api/idempotency/postgres-idempotency-store.ts';
import { createServer } from './api/server.ts';
import { type CellConfig, directoriesOf } from './config.ts';
import { registerContentsRoutes } from './contents/register-contents-routes.ts';
import { closeDatabase, openDatabase } from './db/database.ts';
import { migrate } from './db/migrate.ts';
import { createGateway } from './gateway/gateway.ts';
import { baseUrl } from './gateway/routes/context.ts';
import { createPostgresKernelStore } from './gateway/store/postgres-kernel-store.ts';
import { takeHostLock } from './host/host-lock.ts';
import { LocalSandboxHost } from './host/local-sandbox-host.ts';
import { withImageKernelspecs } from './image-kernelspecs.ts';
import { registerLab } from './lab-part.ts';
import { Lifecycle } from './lifecycle/lifecycle.ts';
import { createLifecycleMetrics } from './lifecycle/lifecycle-metrics.ts';
import { PostgresTransitionStore } from './lifecycle/stores/postgres-transition-store.ts';
import { PostgresWorkspaceStore } from './lifecycle/stores/postgres-workspace-store.ts';
import type { WorkspaceRow } from './lifecycle/stores/workspace-row.ts';
import { createNotebookFiles } from './notebook-files.ts';
import { repeatEvery } from './repeat.ts';
import { createHomeProvider } from './sandbox/quota/choose.ts';
import { openSandboxes } from './sandbox-part.ts';
import { createWorkspaceVolumes } from './storage/create-workspace-volumes.ts';
import { createPostgresManifestStore } from './storage/manifests/postgres-manifest-store.ts';
import { openObjectStore } from './storage/objects/open-object-store.ts';

export interface CellTools {
  clock: Clock;
  random: Random;
  log: Logger;
}

export interface Cell {
  /** Where it listens. */
  url: string;
  /** Drains: files are stored, sandboxes stopped, sockets closed with 1012. Idempotent. */
  close(): Promise<void>;
}

export async function startCell(config: CellConfig, tools: CellTools): Promise<Cell> {
  const { clock, random, log } = tools;
  const directories = directoriesOf(config);
  const metrics = createMetrics({ processMetrics: true });

  const database = openDatabase(config.databaseUrl);
  await migrate(database);
  const hostLock = await takeHostLock(config.databaseUrl, config.hostId, clock);
  const store = new PostgresWorkspaceStore(database);
  const transitions = new PostgresTransitionStore(database);
  const idempotency = new PostgresIdempotencyStore(database);

  const channel = `cellbook:${config.cellId}:changed`;
  const redis =
    config.redisUrl === null ? null : openRedisHints({ url: config.redisUrl, channel, log, clock });
  const feed = await openChangeFeed({ store, bus: redis, log });

  const { driver, image } = await openSandboxes(config, tools, directories.sandboxes);
  const { hostId, sandbox } = config;
  const host = new LocalSandboxHost({ hostId, driver, capacity: sandbox.capacity });
  const volumes = createWorkspaceVolumes({
    manifests: createPostgresManifestStore(database),
    objects: openObjectStore(config.objects, { clock, random }),
    hostDirectory: directories.host,
    homes: await createHomeProvider({ homesDirectory: join(directories.host, 'homes'), log }),
    host: hostId,
    diskBytesMax: sandbox.diskBytesMax,
    ...tools,
  });
  const lifecycle = new Lifecycle({
    ...{ store, transitions, volumes, host, ...tools },
    metrics: createLifecycleMetrics(metrics),
    sandboxLimits: () => ({ ...sandbox, pidsMax: limits.lifecycle.sandboxPidsMax }),
  });
  const kernels = createPostgresKernelStore(database);
  const gateway = createGateway({
    ...tools,
    metrics,
    runtime: lifecycle,
    store: image === null ? kernels : withImageKernelspecs(kernels, image),
    notebooks: createNotebookFiles({ volumes, random }),
    files: (workspaceId) => volumes.files(workspaceId),
  });
  lifecycle.addListener(gateway.listener);

  let draining = false;
  const changed = (row: WorkspaceRow) => {
    lifecycle.wake(row.id);
    feed.publish(row.ownerId);
  };
  const keys = await openPrincipalKeys(config.edgePublicKeysFile, clock);
  const app = await createServer({
    ...tools,
    metrics,
    access: {
      principals: createPrincipalVerifier({ keys, cellId: config.cellId, clock }),
      ownerOf: (workspaceId, deletedToo) => lifecycle.ownerOf(workspaceId, deletedToo),
    },
    health: {
      ...{ cellId: config.cellId, clock, metrics },
      checkDatabase: async () => void (await database.$client`select 1`),
      isRedisUp: () => redis?.isUp() ?? false,
      isDraining: () => draining,
      versions: { sandbox: driver.version, node: process.version },
    },
    lifecycle: { store, transitions, idempotency, volumes, feed, changed, ...tools },
  });
  await gateway.registerRoutes(app);
  registerContentsRoutes(app, {
    ...{ volumes, random, log, basePath: baseUrl },
    resolveKernelPath: (workspaceId, kernelId, path) =>
      gateway.resolveKernelPath(workspaceId, kernelId, path),
    onEvent: (workspaceId, event) => gateway.onContentsEvent(workspaceId, event),
  });
  await registerLab(app, { config, database, runtime: lifecycle, clock, log });

  await lifecycle.start({ hostIsOurs: true });
  const forgetKeys = () => idempotency.removeExpired(clock.nowMs());
  const housekeeping = repeatEvery(clock, limits.api.idempotencySweepMs, forgetKeys, log);
  await app.listen({ host: config.bind, port: config.port });
  const { port } = app.server.address() as AddressInfo;
  log.info({ port, driver: driver.version, capacity: sandbox.capacity }, 'the cell serves');

  let closing: Promise<void> | null = null;
  async function close(): Promise<void> {
    draining = true;
    housekeeping.cancel();
    await gateway.close();
    await closeServer(app, clock);
    await lifecycle.drain();
    await volumes.close();
    await feed.close();
    redis?.close();
    await hostLock.release();
    await closeDatabase(database);
  }
  return {
    url: `http://${config.bind}:${port}`,
    close() {
      closing ??= close();
      return closing;
    },
  };
}
