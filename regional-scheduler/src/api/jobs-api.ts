/** `/v1/jobs…`, `/v1/results…` and `/v1/gpu…`: every route behind one gate. Returns what each needs, for the test of all. */

import { limits } from '@cellbook/shared/limits.ts';
import type { FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { sheddingOf } from '../admission/shed-now.ts';
import { registerResultRoutes } from '../results/result-routes.ts';
import { addGate, type RouteAccess } from './access/gate.ts';
import type { PrincipalVerifier } from './access/principal-verifier.ts';
import { addShedding } from './access/shed-early.ts';
import { registerEventRoutes } from './events/event-routes.ts';
import type { JobsDeps } from './jobs-deps.ts';
import { registerOperatorRoutes } from './operators/operator-routes.ts';
import { registerQueueRoutes } from './queue-routes.ts';
import { registerReadRoutes } from './read-routes.ts';
import { registerSubmitRoutes } from './submit-routes.ts';

export async function registerJobsApi(
  app: FastifyInstance,
  deps: JobsDeps,
  principals: PrincipalVerifier,
): Promise<RouteAccess[]> {
  let routes: RouteAccess[] = [];
  await app.register(async (scope) => {
    scope.setValidatorCompiler(validatorCompiler);
    scope.setSerializerCompiler(serializerCompiler);
    readJsonBodies(scope);
    addShedding(scope, sheddingOf(deps.admit));
    routes = addGate(scope, principals);
    const api = scope.withTypeProvider<ZodTypeProvider>();
    registerQueueRoutes(api, deps);
    registerSubmitRoutes(api, deps);
    registerReadRoutes(api, deps);
    registerEventRoutes(api, deps);
    registerResultRoutes(api, deps);
    registerOperatorRoutes(api, deps);
  });
  return routes;
}

/** JSON; an absent body is absent, also where a client says that it is JSON. */
function readJsonBodies(scope: FastifyInstance): void {
  const parse = scope.getDefaultJsonParser('error', 'error');
  scope.removeAllContentTypeParsers();
  const options = { parseAs: 'string', bodyLimit: limits.jobs.bodyBytesMax } as const;
  scope.addContentTypeParser<string>('application/json', options, (request, text, done) => {
    if (text === '') done(null, undefined);
    else parse(request, text, done);
  });
}
