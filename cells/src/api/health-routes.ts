/**
 * `/healthz`: the process answers. `/readyz`: it can serve, which needs Postgres and not Redis. `/metrics`:
 * for Prometheus. All three answer anybody who reaches the cell's own port, and tell of no user.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import type { CellId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { FastifyInstance } from 'fastify';

export interface HealthDeps {
  cellId: CellId;
  clock: Clock;
  metrics: Metrics;
  /** Throws while the database does not answer. */
  checkDatabase(): Promise<void>;
  isRedisUp(): boolean;
  isDraining(): boolean;
  /** What runs here: versions for people and for the demonstration. */
  versions: Record<string, string>;
}

export function registerHealthRoutes(app: FastifyInstance, deps: HealthDeps): void {
  const config = { open: true };
  app.get('/healthz', { config }, async () => ({ ok: true, cell: deps.cellId, versions: deps.versions }));
  app.get('/readyz', { config }, async (_request, reply) => {
    const isDatabaseUp = await databaseAnswers(deps);
    const ok = isDatabaseUp && !deps.isDraining();
    const parts = { database: isDatabaseUp, redis: deps.isRedisUp(), draining: deps.isDraining() };
    return reply.code(ok ? 200 : 503).send({ ok, ...parts });
  });
  app.get('/metrics', { config }, async (_request, reply) => {
    const { contentType, body } = await deps.metrics.render();
    return reply.header('content-type', contentType).send(body);
  });
}

async function databaseAnswers({ clock, checkDatabase }: HealthDeps): Promise<boolean> {
  const details = { code: 'store_unavailable' as const, doing: 'asking Postgres whether it answers' };
  return withDeadline(clock, limits.api.readyMs, details, checkDatabase).then(
    () => true,
    () => false,
  );
}
