/**
 * The one gate in front of every route: a verified principal, and for a path with a workspace in it, that
 * the workspace is his. Somebody else's is `not_found`, like one that does not exist. It runs before a body
 * is read, and before a socket is upgraded.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type UserId, type WorkspaceId, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { type Principal, principalHeader } from '@cellbook/shared/protocol/principal.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { PrincipalVerifier } from './principal-verifier.ts';

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal;
  }
  interface FastifyContextConfig {
    /** Answered to anybody: health, metrics, the description of the API. */
    open?: boolean;
  }
}

export interface AccessDeps {
  principals: PrincipalVerifier;
  /** Whose workspace it is; null when there is none. Deleted ones count where `deletedToo`. */
  ownerOf(workspaceId: WorkspaceId, deletedToo: boolean): Promise<UserId | null>;
}

const paramsSchema = z.object({ workspaceId: z.string() });

export function addAccessHook(app: FastifyInstance, deps: AccessDeps): void {
  app.decorateRequest('principal');
  app.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.open === true) return;
    const token = request.headers[principalHeader];
    request.principal = await deps.principals.verify(typeof token === 'string' ? token : undefined);
    const params = paramsSchema.safeParse(request.params);
    if (params.success) await checkWorkspace(deps, request, params.data.workspaceId);
    else if (request.principal.ws !== undefined && !request.is404) throw outside(request.principal);
  });
}

async function checkWorkspace(deps: AccessDeps, request: FastifyRequest, given: string): Promise<void> {
  const { principal } = request;
  const workspaceId = workspaceIdSchema.safeParse(given);
  if (!workspaceId.success) throw malformed(given);
  const isLifecycle = request.routeOptions.url?.startsWith('/v1/') ?? false;
  if (principal.ws !== undefined && principal.ws !== workspaceId.data) throw outside(principal);
  // What runs in a workspace's own pages may be anybody's output: it can look, not suspend or delete.
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (principal.via === 'workspace' && isLifecycle && !isRead) throw outside(principal);
  const owner = await deps.ownerOf(workspaceId.data, isLifecycle);
  if (owner !== principal.sub) throw unknown(workspaceId.data);
}

const malformed = (given: string): CellbookError =>
  new CellbookError('malformed_id', {
    doing: 'looking for a workspace',
    problem: `${JSON.stringify(given.slice(0, 60))} is not the id of a workspace`,
    next: 'Ids look like ws- and twenty letters and digits; GET /v1/workspaces lists yours.',
  });

const unknown = (workspaceId: WorkspaceId): CellbookError =>
  new CellbookError('not_found', {
    doing: `looking for workspace ${workspaceId}`,
    problem: 'there is no such workspace among yours',
    next: 'GET /v1/workspaces lists yours.',
    ids: { workspaceId },
  });

const outside = (principal: Principal): CellbookError =>
  new CellbookError('forbidden', {
    doing: 'checking what the request may touch',
    problem: 'this sign-in is for the notebooks of one workspace only',
    next: 'Use the console, or a token of yours.',
    ids: principal.ws === undefined ? {} : { workspaceId: principal.ws },
  });
