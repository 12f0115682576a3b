import type { Clock } from '@cellbook/shared/clock.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { FastifyInstance } from 'fastify';
import type { QueueFeed } from '../api/events/queue-feed.ts';
import type { CellConfig } from '../config.ts';
import type { Database } from '../db/database.ts';
import type { EnvironmentRouteDeps } from '../environments/environment-routes.ts';
import { createPostgresEnvironmentStore } from '../environments/postgres-environment-store.ts';
import { forgetLayouts } from '../lab/forget-layouts.ts';
import { readLabData } from '../lab/lab-data.ts';
import { registerLabRoutes } from '../lab/lab-routes.ts';
import { createPostgresLabStore } from '../lab/postgres-lab-store.ts';
import type { WorkspaceRuntime } from '../lifecycle/runtime.ts';

interface LabPart {
  config: CellConfig;
  database: Database;
  runtime: WorkspaceRuntime;
  queue: QueueFeed;
  volumes: EnvironmentRouteDeps['volumes'];
  clock: Clock;
  log: Logger;
}

/** JupyterLab's own endpoints; a cell without the bundle's data serves other Jupyter clients alone. */
export async function registerLab(app: FastifyInstance, deps: LabPart): Promise<void> {
  const { config, database, runtime, queue, volumes, clock, log } = deps;
  if (config.labDataDirectory === null) {
    log.warn('CELLBOOK_LAB_SCHEMAS is not set: JupyterLab will find no settings here');
    return;
  }
  const data = await readLabData(config.labDataDirectory);
  const store = createPostgresLabStore(database);
  runtime.addListener(forgetLayouts(store));
  const environments = { store: createPostgresEnvironmentStore(database), volumes };
  registerLabRoutes(app, { store, data, clock, runtime, queue, environments });
}
