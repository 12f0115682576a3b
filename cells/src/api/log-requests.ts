/** One line per request, with ids and no secrets: neither headers nor queries nor bodies are logged. */
import type { Logger } from '@cellbook/shared/log.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import { requestIdHeader } from '@cellbook/shared/protocol/principal.ts';
import { traceparentHeader } from '@cellbook/shared/trace.ts';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';

const paramsSchema = z.object({ workspaceId: z.string().max(64) });

export function logRequests(app: FastifyInstance, { log, metrics }: { log: Logger; metrics: Metrics }): void {
  const durations = metrics.histogram('cellbook_cell_http_request_seconds', 'Duration of HTTP requests.', [
    'method',
    'route',
    'status',
  ]);
  app.addHook('onRequest', async (request, reply) => {
    reply.header(requestIdHeader, request.id);
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method } = request;
    const route = request.routeOptions.url ?? 'unknown';
    const status = reply.statusCode;
    durations.observe({ method, route, status }, reply.elapsedTime / 1000);
    if (request.routeOptions.config.open === true) return;
    const workspaceId = paramsSchema.safeParse(request.params).data?.workspaceId;
    const traceparent = request.headers[traceparentHeader];
    const durationMs = Math.round(reply.elapsedTime);
    const userId = request.principal?.sub;
    log.info(
      { requestId: request.id, method, route, status, durationMs, workspaceId, userId, traceparent },
      'request',
    );
  });
}
