/**
 * The gateway's routes as one Fastify plugin. Bodies are taken as bytes whatever their content type says
 * (Jupyter clients often send none), and every failure is answered with its typed body.
 */

import { CellbookError, errorBody } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { toCellError } from '@cellbook/shared/store-outage.ts';
import websocket, { type WebsocketPluginOptions } from '@fastify/websocket';
import type { FastifyError, FastifyInstance } from 'fastify';
import { v1Subprotocol } from '../frames/v1-frame.ts';
import { GatewaySocket } from '../sockets/gateway-socket.ts';
import { registerConfigRoutes } from './config-routes.ts';
import { prefix, type RouteContext, type RouteDeps, requestIdOf, setPolicy } from './context.ts';
import { registerEventRoutes } from './event-routes.ts';
import { registerIdentityRoutes } from './identity-routes.ts';
import { registerKernelRoutes } from './kernel-routes.ts';
import { registerKernelspecRoutes } from './kernelspec-routes.ts';
import { registerNbconvertRoutes } from './nbconvert-routes.ts';
import { registerParkingRoutes } from './parking-routes.ts';
import { registerSessionRoutes } from './session-routes.ts';
import { registerStatusRoutes } from './status-routes.ts';
import { registerTerminalRoutes } from './terminal-routes.ts';

export async function registerGatewayRoutes(app: FastifyInstance, deps: RouteDeps): Promise<void> {
  if (!app.hasDecorator('websocketServer')) await registerWebsocket(app);
  const context: RouteContext = { ...deps, startedMs: deps.clock.nowMs() };
  await app.register(async (scope) => {
    takeBodiesAsBytes(scope);
    answerErrors(scope, deps);
    scope.addHook('onRequest', async (request, reply) => {
      if (request.url.includes('/api')) setPolicy(request, reply);
    });
    registerStatusRoutes(scope, context);
    registerIdentityRoutes(scope, context);
    registerKernelspecRoutes(scope, context);
    registerKernelRoutes(scope, context);
    registerSessionRoutes(scope, context);
    registerTerminalRoutes(scope, context);
    registerConfigRoutes(scope, context);
    registerEventRoutes(scope, context);
    registerParkingRoutes(scope, context);
    registerNbconvertRoutes(scope, context);
  });
}

/** Compression stays off: one small message with it made a connection 226 KB instead of 7 KB. */
async function registerWebsocket(app: FastifyInstance): Promise<void> {
  const options: WebsocketPluginOptions['options'] = {
    maxPayload: limits.gateway.messageBytesMax,
    perMessageDeflate: false,
    handleProtocols: (offered: Set<string>) => (offered.has(v1Subprotocol) ? v1Subprotocol : false),
  };
  await app.register(websocket, {
    // The types of the option want the module with all its exports, the server wants the class.
    options: Object.assign(options, { WebSocket: GatewaySocket }),
    // Sockets are drained by the gateway's own close, with 1012.
    preClose: (done: () => void) => done(),
  });
}

function takeBodiesAsBytes(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  const bodyLimit = limits.gateway.requestBodyBytesMax;
  scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) =>
    done(null, body),
  );
}

function answerErrors(scope: FastifyInstance, { log }: RouteDeps): void {
  scope.setErrorHandler((thrown: FastifyError | CellbookError, request, reply) => {
    const error = typed(thrown, `${request.method} ${request.routeOptions.url?.replace(prefix, '') ?? ''}`);
    const requestId = requestIdOf(request);
    if (error.status >= 500) log.error({ err: thrown, requestId }, 'a request failed');
    if (error.retryAfterMs !== undefined || error.status === 503)
      reply.header('retry-after', Math.ceil((error.retryAfterMs ?? 1_000) / 1000));
    return reply
      .code(error.status)
      .header('content-type', 'application/json')
      .send(errorBody(error, requestId));
  });
}

/** Fastify's own refusals (a body too large, a malformed URL) are the client's doing, not ours. */
function typed(thrown: FastifyError | CellbookError, doing: string): CellbookError {
  if (thrown instanceof CellbookError || thrown.statusCode === undefined || thrown.statusCode >= 500)
    return toCellError(thrown, doing);
  const code = thrown.statusCode === 413 ? 'too_large' : 'bad_request';
  return new CellbookError(code, {
    doing,
    problem: thrown.message,
    next: 'Check the request.',
    cause: thrown,
  });
}
