/**
 * The one gate in front of every route: a verified principal, and the decision (shared/src/access) about the
 * permission that the route names. A route that names none cannot be registered. It runs before a body is
 * read, and before a socket is upgraded; what it refuses is recorded (audit/audit-hook.ts).
 */
import { channel } from 'node:diagnostics_channel';
import { decide, type Relation } from '@cellbook/shared/access/access.ts';
import type { Permission } from '@cellbook/shared/access/permissions.ts';
import { type Because, refusalOf } from '@cellbook/shared/access/refusal.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type WorkspaceId, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { atHeader, type Principal, principalHeader } from '@cellbook/shared/protocol/principal.ts';
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify';
import { z } from 'zod';
import { noteAudit } from '../../audit/note-audit.ts';
import type { Home } from '../../home/home.ts';
import type { Standing } from '../../standing/standing.ts';
import type { PrincipalVerifier } from './principal-verifier.ts';
import { relationOf, relationTo, type Tenant } from './route-access.ts';

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal;
  }
  interface FastifyInstance {
    /** Every route there is, with what it needs. */
    routeAccess: RouteAccess[];
  }
}

export interface RouteAccess {
  method: string;
  url: string;
  /** Null: it is open to anybody. */
  permission: Permission | null;
}

/** Each decision, for whoever subscribes (node:diagnostics_channel): tests, and tracing. */
export const accessChannel = 'cellbook.access';
export interface AccessDecided {
  requestId: string;
  relation: Relation | null;
  because: Because | null;
}
const decided = channel(accessChannel);

export interface AccessDeps {
  principals: PrincipalVerifier;
  /** Throws `misdirected` where the user lives in another cell; absent, everybody addressed to this one does. */
  home?: Pick<Home, 'check'> | undefined;
  /** Throws `unauthenticated` where the credential is known to have ended. */
  standing?: Pick<Standing, 'check'> | undefined;
  /** Whose workspace it is; null when there is none. Deleted ones count where `deletedToo`. */
  tenantOf(workspaceId: WorkspaceId, deletedToo: boolean): Promise<Tenant | null>;
  /** Told of each verified principal, for what the edge says with it. Must not throw. */
  heard?(principal: Principal): void;
}

const paramsSchema = z.object({ workspaceId: z.string() });

export function addAccessHook(app: FastifyInstance, deps: AccessDeps): void {
  app.decorateRequest('principal');
  app.decorate('routeAccess', []);
  app.addHook('onRoute', (route) => {
    assertPermission(route);
    for (const method of [route.method].flat())
      app.routeAccess.push({ method, url: route.url, permission: route.config?.permission ?? null });
  });
  app.addHook('onRequest', async (request) => {
    const { open, permission } = request.routeOptions.config;
    if (open === true) return;
    const token = request.headers[principalHeader];
    request.principal = await deps.principals.verify(typeof token === 'string' ? token : undefined);
    deps.standing?.check(request.principal);
    deps.heard?.(request.principal);
    await deps.home?.check(request.principal);
    // Nothing is there; who asks has been looked at, so that 421 comes before 404.
    if (permission === undefined) return;
    assertMadeAtHome(request.principal, permission);
    const params = paramsSchema.safeParse(request.params);
    const workspaceId = params.success ? workspaceIdOf(params.data.workspaceId) : null;
    const { relation, because } = await judge(deps, request, permission, workspaceId);
    if (decided.hasSubscribers)
      decided.publish({ requestId: request.id, relation, because } satisfies AccessDecided);
    if (because === null) return;
    throw refusalOf({
      ...{ caller: request.principal, permission, because },
      ...(workspaceId !== null && { workspaceId }),
    });
  });
}

/** What is made where somebody else lives is found nowhere again, and escapes the quotas that one has at home. */
const madeAtHome: readonly Permission[] = ['workspace.create', 'secret.write'];

function assertMadeAtHome({ at }: Principal, permission: Permission): void {
  if (at === undefined || !madeAtHome.includes(permission)) return;
  throw new CellbookError('forbidden', {
    doing: 'checking what may be done away from home',
    problem: `what ${permission} is about is made in the cell where one lives oneself`,
    next: `Leave ${atHeader} out.`,
    ids: { permission },
  });
}

async function judge(
  deps: AccessDeps,
  request: FastifyRequest,
  permission: Permission,
  workspaceId: WorkspaceId | null,
): Promise<{ relation: Relation | null; because: Because | null }> {
  const { principal } = request;
  // A workspace's own pages, which may be anybody's output, reach no further than that workspace.
  if (principal.ws !== undefined && principal.ws !== workspaceId)
    return { relation: null, because: 'origin' };
  const relation = await relationBetween(deps, request, workspaceId);
  if (relation === null) return { relation, because: 'unseen' };
  const decision = decide(principal, permission, relation);
  return { relation, because: decision.allowed ? null : decision.because };
}

/** Null: there is no such workspace. */
async function relationBetween(
  { tenantOf }: AccessDeps,
  request: FastifyRequest,
  workspaceId: WorkspaceId | null,
): Promise<Relation | null> {
  const { config, url } = request.routeOptions;
  if (workspaceId === null) return relationOf(request, config.about ?? 'caller');
  const tenant = await tenantOf(workspaceId, url?.startsWith('/v1/') ?? false);
  if (!tenant) return null;
  noteAudit(request, { which: { owner: tenant.ownerId, org: tenant.orgId } });
  return relationTo(tenant, request.principal);
}

function assertPermission({ method, url, config }: RouteOptions): void {
  if (config?.open === true || config?.permission !== undefined) return;
  throw new CellbookError('internal', {
    doing: `registering ${String(method)} ${url}`,
    problem: 'the route names no permission',
    next: "Register it with needs('…') (api/access/route-access.ts), or say that it is open.",
  });
}

function workspaceIdOf(given: string): WorkspaceId {
  const workspaceId = workspaceIdSchema.safeParse(given);
  if (workspaceId.success) return workspaceId.data;
  throw new CellbookError('malformed_id', {
    doing: 'looking for a workspace',
    problem: `${JSON.stringify(given.slice(0, 60))} is not the id of a workspace`,
    next: 'Ids look like ws- and twenty letters and digits; GET /v1/workspaces lists yours.',
  });
}
