/** What the cell keeps, and what carries hints about it. */
import type { Failpoint } from '@cellbook/shared/failpoint.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { openChangeFeed } from '../api/events/change-feed.ts';
import { openRedisHints } from '../api/events/redis-hints.ts';
import { PostgresIdempotencyStore } from '../api/idempotency/postgres-idempotency-store.ts';
import { createLifecycleOutbox } from '../audit/lifecycle-outbox.ts';
import type { CellTools } from '../cell.ts';
import type { CellConfig } from '../config.ts';
import { closeDatabase, type Database, openDatabase } from '../db/database.ts';
import { migrate } from '../db/migrate.ts';
import { createPostgresKernelStore } from '../gateway/store/postgres-kernel-store.ts';
import { takeHostLock } from '../host/host-lock.ts';
import { withImageKernelspecs } from '../image-kernelspecs.ts';
import { createPostgresRestStore } from '../ladder/postgres-rest-store.ts';
import {
  withIdempotencyFailpoints,
  withRestFailpoints,
  withWorkspaceFailpoints,
} from '../lifecycle/crash/with-failpoints.ts';
import { PostgresTransitionStore } from '../lifecycle/stores/postgres-transition-store.ts';
import { PostgresWorkspaceStore } from '../lifecycle/stores/postgres-workspace-store.ts';
import { repeatEvery } from '../repeat.ts';
import type { SandboxImage } from '../sandbox/image.ts';
import { declareSandboxBytes, tidyUsage } from '../usage/tidy-usage.ts';

export type CellStores = Awaited<ReturnType<typeof openStores>>;

export async function openStores(config: CellConfig, tools: CellTools) {
  const { clock, random, log, failpoint } = tools;
  const database = openDatabase(config.databaseUrl);
  await migrate(database);
  await declareSandboxBytes(database, config.sandbox.memoryBytesMax);
  const hostLock = await takeHostLock(config.databaseUrl, config.controllerId, clock);
  const outbox = createLifecycleOutbox({ clock, random, program: `cell-${config.cellId}` });
  const workspacesIn = (where: Database) =>
    withWorkspaceFailpoints(new PostgresWorkspaceStore(where, outbox), failpoint);
  const store = workspacesIn(database);
  const transitions = new PostgresTransitionStore(database);
  const api = openApiStores(config, workspacesIn, failpoint);
  const kernels = createPostgresKernelStore(database);
  const channel = `cellbook:${config.cellId}:changed`;
  const redis =
    config.redisUrl === null ? null : openRedisHints({ url: config.redisUrl, channel, log, clock });
  const feed = await openChangeFeed({ store, bus: redis, log });
  const forgetKeys = () => api.idempotency.removeExpired(clock.nowMs());
  const housekeeping = [
    repeatEvery(clock, limits.api.idempotencySweepMs, forgetKeys, log),
    repeatEvery(clock, limits.usage.tidyEveryMs, () => tidyUsage(database), log),
  ];
  return {
    rests: withRestFailpoints(createPostgresRestStore(database), failpoint),
    ...{ database, store, transitions, api, feed },
    isRedisUp: () => redis?.isUp() ?? false,
    kernelsOf: (image: SandboxImage | null) =>
      image === null ? kernels : withImageKernelspecs(kernels, image),
    async close(): Promise<void> {
      for (const task of housekeeping) task.cancel();
      await feed.close();
      redis?.close();
      await hostLock.release();
      await Promise.all([closeDatabase(api.database), closeDatabase(database)]);
    },
  };
}

/**
 * What a write of the API passes through, over connections of its own: executors have more statements under way than
 * there are connections, some of which wait for locks, and what comes after them on a connection waits with them.
 */
function openApiStores(
  { databaseUrl }: CellConfig,
  workspacesIn: (database: Database) => PostgresWorkspaceStore,
  failpoint: Failpoint | undefined,
) {
  const database = openDatabase(databaseUrl, {
    applicationName: 'cellbook-cell-api',
    connectionsMax: limits.database.apiConnectionsMax,
  });
  const idempotency = withIdempotencyFailpoints(new PostgresIdempotencyStore(database), failpoint);
  return { database, idempotency, store: workspacesIn(database) };
}
