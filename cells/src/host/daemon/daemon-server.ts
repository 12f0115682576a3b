/** The daemon's HTTP server: the commands of wire/commands.ts, each behind the cell's key, and the links. */
import type { RequestListener } from 'node:http';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { toCellError } from '@cellbook/shared/store-outage.ts';
import { type FastifyError, type FastifyInstance, type FastifyReply, fastify } from 'fastify';
import { z } from 'zod';
import { createTlsServer, keepAlive, type ServerTls } from '../tls/server-tls.ts';
import { toWire } from '../wire/wire-error.ts';
import { admit } from './admit.ts';
import type { DaemonParts } from './daemon-parts.ts';
import { registerFileRoutes } from './file-routes.ts';
import { acceptLinks } from './link-server.ts';
import { registerSandboxRoutes } from './sandbox-routes.ts';

export function createDaemonServer(parts: DaemonParts): FastifyInstance {
  const { host, key, commands, clock, log, metrics, versions } = parts;
  const tls = parts.tls ?? null;
  const app = openServer(tls);
  app.setErrorHandler((thrown: FastifyError | CellbookError | z.ZodError, request, reply) => {
    const error = typed(thrown, `${request.method} ${request.url}`);
    if (error.code === 'internal') log.error({ err: thrown, url: request.url }, 'a command failed');
    return refuse(reply, error);
  });
  app.addHook('onRequest', async (request, reply) => {
    const isOpen = request.url === '/healthz' || request.url === '/metrics';
    if (!isOpen) admit(request.raw, { key, tls });
    if (!isOpen) commands.begin(reply.raw, clock.monotonicMs());
  });
  app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  app.get('/healthz', async () => ({ ok: true, host: host.hostId, draining: host.isDraining, versions }));
  app.get('/metrics', async (_request, reply) => {
    const { contentType, body } = await metrics.render();
    return reply.header('content-type', contentType).send(body);
  });
  registerSandboxRoutes(app, parts);
  registerFileRoutes(app, parts);
  acceptLinks(app.server, parts);
  return app;
}

function openServer(tls: ServerTls | null): FastifyInstance {
  const common = { forceCloseConnections: true, bodyLimit: limits.host.bodyBytesMax };
  if (tls === null) return fastify({ ...common, http: keepAlive });
  const serverFactory = (handler: RequestListener) => createTlsServer(tls, handler);
  return fastify({ ...common, serverFactory });
}

function refuse(reply: FastifyReply, error: CellbookError): FastifyReply {
  return reply
    .code(error.status)
    .type('application/json')
    .send(JSON.stringify(toWire(error)));
}

function typed(thrown: FastifyError | CellbookError | z.ZodError, doing: string): CellbookError {
  if (thrown instanceof CellbookError) return thrown;
  const isTheirs =
    thrown instanceof z.ZodError || ('statusCode' in thrown && (thrown.statusCode ?? 500) < 500);
  if (!isTheirs) return toCellError(thrown, doing);
  return new CellbookError('bad_request', { doing, problem: thrown.message, cause: thrown });
}
