/**
 * JupyterLab's own server API, under `/w/:workspaceId/lab/api/`. Nothing here needs a sandbox: it answers
 * alike while the workspace runs and while it is suspended, and wakes nothing.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { FastifyInstance } from 'fastify';
import type { QueueFeed } from '../api/events/queue-feed.ts';
import type { EnvironmentRouteDeps } from '../environments/environment-routes.ts';
import type { WorkspaceRuntime } from '../lifecycle/runtime.ts';
import { registerEnvironmentRoute } from './environment-route.ts';
import { registerFixedRoutes } from './fixed-routes.ts';
import type { LabData } from './lab-data.ts';
import type { LabStore } from './lab-store.ts';
import { registerLayoutRoutes } from './layout-routes.ts';
import { registerSettingsRoutes } from './settings-routes.ts';
import { registerStateRoute } from './state-route.ts';

export interface LabRouteDeps {
  store: LabStore;
  data: LabData;
  clock: Clock;
  runtime: Pick<WorkspaceRuntime, 'find' | 'touch'>;
  queue: Pick<QueueFeed, 'placeOf'>;
  environments: EnvironmentRouteDeps;
}

export function registerLabRoutes(app: FastifyInstance, deps: LabRouteDeps): void {
  const prefix = '/w/:workspaceId/lab/api';
  // A scope of its own, so that its way of reading bodies is nobody else's.
  void app.register(async (scope) => {
    readJsonBodies(scope);
    registerSettingsRoutes(scope, prefix, deps);
    registerLayoutRoutes(scope, prefix, deps);
    registerStateRoute(scope, prefix, deps);
    registerEnvironmentRoute(scope, prefix, deps);
    registerFixedRoutes(scope, prefix, deps);
  });
}

/** JSON whatever the content type says (Jupyter's own server does not look at it), and a typed refusal. */
function readJsonBodies(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  const options = { parseAs: 'string', bodyLimit: limits.lab.bodyBytesMax } as const;
  scope.addContentTypeParser('*', options, async (_request: unknown, text: string): Promise<unknown> => {
    try {
      return JSON.parse(text) as unknown;
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message : '';
      const problem = `the body is not JSON: ${detail}`;
      throw new CellbookError('malformed_json', {
        doing: 'reading a request',
        problem,
        next: 'Send JSON.',
        cause,
      });
    }
  });
}
