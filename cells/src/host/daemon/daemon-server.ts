/** The daemon's HTTP server: the commands of wire/commands.ts, each behind the cell's key, and the links. */
import { CellbookError, toCellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { type FastifyError, type FastifyInstance, type FastifyReply, fastify } from 'fastify';
import { z } from 'zod';
import { bearsKey, unauthenticated } from '../wire/host-key.ts';
import { toWire } from '../wire/wire-error.ts';
import type { DaemonParts } from './daemon-parts.ts';
import { registerFileRoutes } from './file-routes.ts';
import { acceptLinks } from './link-server.ts';
import { registerSandboxRoutes } from './sandbox-routes.ts';

export function createDaemonServer(parts: DaemonParts): FastifyInstance {
  const { host, key, commands, log, metrics, versions } = parts;
  const app = fastify({
    ...{ forceCloseConnections: true, bodyLimit: limits.host.bodyBytesMax },
    // A controller that is cut off says nothing any more: the kernel finds out, on links as well, and lets go.
    http: { keepAlive: true, keepAliveInitialDelay: limits.host.connectMsMax },
  });
  app.setErrorHandler((thrown: FastifyError | CellbookError | z.ZodError, request, reply) => {
    const error = typed(thrown, `${request.method} ${request.url}`);
    if (error.code === 'internal') log.error({ err: thrown, url: request.url }, 'a command failed');
    return refuse(reply, error);
  });
  app.addHook('onRequest', async (request, reply) => {
    const isOpen = request.url === '/healthz' || request.url === '/metrics';
    if (!isOpen && !bearsKey(request.headers.authorization, key)) throw unauthenticated();
    if (!isOpen) commands.begin(reply.raw);
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
  if (!isTheirs) return toCellbookError(thrown, doing);
  return new CellbookError('bad_request', { doing, problem: thrown.message, cause: thrown });
}
