/**
 * `/healthz`: the process answers, and who leads as far as it knows. `/readyz`: it can serve, which needs Postgres.
 * `/metrics`: for Prometheus. All three answer anybody who reaches the scheduler's own port, and tell of no user.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { FastifyInstance } from 'fastify';
import type { Region } from '../region.ts';

export interface HealthDeps {
  schedulerId: string;
  clock: Clock;
  metrics: Metrics;
  region: Region;
  /** Brings gauges up to date. */
  look(): Promise<void>;
  /** Throws while the database does not answer. */
  checkDatabase(): Promise<void>;
}

export function registerHealthRoutes(app: FastifyInstance, deps: HealthDeps): void {
  const { schedulerId, clock, metrics, region, look, checkDatabase } = deps;
  const config = { open: true };
  app.get('/healthz', { config, schema: { hide: true } }, async () => ({
    ...{ ok: true, scheduler: schedulerId },
    ...region.leadership(),
    versions: { node: process.version },
  }));
  app.get('/readyz', { config, schema: { hide: true } }, async (_request, reply) => {
    const details = { code: 'store_unavailable' as const, doing: 'asking Postgres whether it answers' };
    const ok = await withDeadline(clock, limits.api.readyMs, details, checkDatabase).then(
      () => true,
      () => false,
    );
    return reply.code(ok ? 200 : 503).send({ ok, database: ok, folded: region.state() !== null });
  });
  app.get('/metrics', { config, schema: { hide: true } }, async (_request, reply) => {
    await look();
    const { contentType, body } = await metrics.render();
    return reply.header('content-type', contentType).send(body);
  });
}
