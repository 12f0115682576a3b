/** `/v1/*`: the lifecycle API, typed and described by the same schemas. */
import { readFileSync } from 'node:fs';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { type AuditRouteDeps, registerAuditRoutes } from '../audit/routes/audit-routes.ts';
import { type EgressRouteDeps, registerEgressRoutes } from '../egress/egress-routes.ts';
import { type EnvironmentRouteDeps, registerEnvironmentRoutes } from '../environments/environment-routes.ts';
import { type FindingRouteDeps, registerFindingRoutes } from '../findings/finding-routes.ts';
import { registerSecretRoutes, type SecretRouteDeps } from '../secrets/secret-routes.ts';
import type { VersionDeps } from '../versions/version-deps.ts';
import { registerVersionRoutes } from '../versions/version-routes.ts';
import { type EventDeps, registerEventRoutes } from './events/event-routes.ts';
import { type IdleRouteDeps, registerIdleRoutes } from './settings/idle-routes.ts';
import { registerUsage, type UsageRouteDeps } from './usage/usage-routes.ts';
import { registerChangeWorkspaces } from './workspaces/change-workspaces.ts';
import { registerCreateWorkspace } from './workspaces/create-workspace.ts';
import { registerReadWorkspaces } from './workspaces/read-workspaces.ts';
import { registerRecoverWorkspace } from './workspaces/recover-workspace.ts';
import type { WorkspaceDeps } from './workspaces/workspace-deps.ts';

export type LifecycleApiDeps = WorkspaceDeps &
  EventDeps &
  UsageRouteDeps &
  IdleRouteDeps & {
    log: Logger;
    secrets: SecretRouteDeps;
    findings: FindingRouteDeps;
    egress: EgressRouteDeps;
    environments: EnvironmentRouteDeps;
    versions: VersionDeps;
    audit: AuditRouteDeps;
    /** Given the OpenAPI description once the routes are there. */
    described?(description: unknown): void;
  };

/** The description as checked in; a test keeps it current. */
const openApiFile = new URL('../../openapi.json', import.meta.url);

export async function registerLifecycleApi(app: FastifyInstance, deps: LifecycleApiDeps): Promise<void> {
  await app.register(async (scope) => {
    readJsonBodies(scope);
    scope.setValidatorCompiler(validatorCompiler);
    scope.setSerializerCompiler(serializerCompiler);
    await scope.register(swagger, {
      openapi: { openapi: '3.1.0', info: { title: 'Cellbook lifecycle API', version: '1' } },
      transform: jsonSchemaTransform,
    });
    const typed = scope.withTypeProvider<ZodTypeProvider>();
    await typed.register(async (routes) => {
      const api = routes.withTypeProvider<ZodTypeProvider>();
      registerCreateWorkspace(api, deps);
      registerReadWorkspaces(api, deps);
      registerChangeWorkspaces(api, deps);
      registerRecoverWorkspace(api, deps);
      registerEventRoutes(api, deps);
      registerUsage(api, deps);
      registerIdleRoutes(api, deps);
      registerSecretRoutes(api, deps.secrets);
      registerFindingRoutes(api, deps.findings);
      registerEgressRoutes(api, deps.egress);
      registerEnvironmentRoutes(api, deps, deps.environments);
      registerVersionRoutes(api, { ...deps, ...deps.versions });
      registerAuditRoutes(api, deps.audit);
    });
    scope.addHook('onReady', async () => deps.described?.(scope.swagger()));
    const description = readFileSync(openApiFile, 'utf8');
    scope.get(
      '/v1/openapi.json',
      { config: { open: true }, schema: { hide: true } },
      async (_request, reply) =>
        reply.header('content-type', 'application/json; charset=utf-8').serializer(String).send(description),
    );
  });
}

/** JSON; an absent body is absent, also where a client says that it is JSON. */
function readJsonBodies(scope: FastifyInstance): void {
  const parse = scope.getDefaultJsonParser('error', 'error');
  scope.removeAllContentTypeParsers();
  const options = { parseAs: 'string', bodyLimit: limits.api.bodyBytesMax } as const;
  scope.addContentTypeParser<string>('application/json', options, (request, text, done) => {
    if (text === '') done(null, undefined);
    else parse(request, text, done);
  });
}
