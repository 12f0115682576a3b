import type { CellTools } from '../cell.ts';
import { createPostgresEnvironmentStore } from '../environments/postgres-environment-store.ts';
import { createRebuilder } from '../environments/rebuild.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { RuntimeListener } from '../lifecycle/runtime.ts';
import type { CellStores } from './store-part.ts';

/** Makes damaged environments anew when their workspaces run, and tells whoever has them open. */
export const openRebuilds = (
  { database }: CellStores,
  { log }: CellTools,
  gateway: Gateway,
): RuntimeListener =>
  createRebuilder({
    environments: createPostgresEnvironmentStore(database),
    log,
    tell: (workspaceId, state, problem) => gateway.onEnvironment(workspaceId, state, problem),
  });
