/** The cell's HTTP server: request ids, one log line per request, the gate, and the parts behind it. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { answerErrors, answerUnrouted } from '@cellbook/shared/http/answer-errors.ts';
import { newRequestId, requestIdSchema } from '@cellbook/shared/ids.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import { requestIdHeader } from '@cellbook/shared/protocol/principal.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { type FastifyInstance, fastify } from 'fastify';
import { addAuditHook } from '../audit/audit-hook.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Home } from '../home/home.ts';
import { registerHomeRoutes } from '../home/home-routes.ts';
import type { Standing } from '../standing/standing.ts';
import { registerStandingRoutes } from '../standing/standing-routes.ts';
import { type AccessDeps, addAccessHook } from './access/access-hook.ts';
import { type HealthDeps, registerHealthRoutes } from './health-routes.ts';
import { type LifecycleApiDeps, registerLifecycleApi } from './lifecycle-api.ts';
import { logRequests } from './log-requests.ts';

export interface ServerDeps {
  clock: Clock;
  random: Random;
  log: Logger;
  metrics: Metrics;
  access: AccessDeps;
  audit: AuditLog;
  /** Whom the cell owns; absent where no pin key is configured. */
  home?: Home | undefined;
  /** Whose rights have ended; absent, everybody's last. `behind`: there is more to ask for. */
  standing?: { standing: Standing; behind(): void } | undefined;
  health: HealthDeps;
  lifecycle: LifecycleApiDeps;
}

export async function createServer(deps: ServerDeps): Promise<FastifyInstance> {
  const { random } = deps;
  const app = fastify({
    // Workspaces' paths are file names: long, and told apart by their last slash.
    routerOptions: { maxParamLength: 4_096 },
    forceCloseConnections: 'idle',
    frameworkErrors: answerUnrouted,
    genReqId: ({ headers }) => {
      const given = requestIdSchema.safeParse(headers[requestIdHeader]);
      return given.success ? given.data : newRequestId(random);
    },
  });
  answerErrors(app, deps.log);
  logRequests(app, deps);
  addAuditHook(app, deps.audit);
  addAccessHook(app, { ...deps.access, home: deps.home, standing: deps.standing?.standing });
  if (deps.home) registerHomeRoutes(app, deps.home);
  if (deps.standing) registerStandingRoutes(app, deps.standing.standing, deps.standing.behind);
  registerHealthRoutes(app, deps.health);
  await registerLifecycleApi(app, deps.lifecycle);
  return app;
}
