/** The scheduler's HTTP server: request ids, typed refusals, measured requests. Its parts' routes are hung on it. */

import { answerErrors, answerUnrouted } from '@cellbook/shared/http/answer-errors.ts';
import { newRequestId, requestIdSchema } from '@cellbook/shared/ids.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import { requestIdHeader } from '@cellbook/shared/protocol/principal.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { type FastifyInstance, fastify } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { logRequests } from './log-requests.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers without a signed principal: health, metrics, and what agents ask with keys of their own. */
    open?: boolean;
  }
}

export interface ServerDeps {
  random: Random;
  log: Logger;
  metrics: Metrics;
}

export function createServer(deps: ServerDeps): FastifyInstance {
  const app = fastify({
    // The key of an object is a path.
    routerOptions: { maxParamLength: 512 },
    forceCloseConnections: 'idle',
    frameworkErrors: answerUnrouted,
    genReqId: ({ headers }) => {
      const given = requestIdSchema.safeParse(headers[requestIdHeader]);
      return given.success ? given.data : newRequestId(deps.random);
    },
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  answerErrors(app, deps.log);
  logRequests(app, deps);
  return app;
}
