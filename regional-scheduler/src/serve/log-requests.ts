/** One line per request of a person, and a duration for every one; neither headers nor queries nor bodies are logged. */
import type { Logger } from '@cellbook/shared/log.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import { requestIdHeader } from '@cellbook/shared/protocol/principal.ts';
import { traceparentHeader } from '@cellbook/shared/trace.ts';
import type { FastifyInstance } from 'fastify';

export function logRequests(app: FastifyInstance, { log, metrics }: { log: Logger; metrics: Metrics }): void {
  const durations = metrics.histogram(
    'cellbook_scheduler_http_request_seconds',
    'Duration of HTTP requests.',
    ['method', 'route', 'status'],
  );
  app.addHook('onRequest', async (request, reply) => {
    reply.header(requestIdHeader, request.id);
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method } = request;
    const route = request.routeOptions.url ?? 'unknown';
    const status = reply.statusCode;
    durations.observe({ method, route, status }, reply.elapsedTime / 1000);
    // Who is turned away is counted; what else is put off was logged with its reason.
    if (request.routeOptions.config.open === true || status === 503) return;
    const traceparent = request.headers[traceparentHeader];
    const durationMs = Math.round(reply.elapsedTime);
    log.info({ requestId: request.id, method, route, status, durationMs, traceparent }, 'request');
  });
}
