/**
 * The gate in front of every route of the jobs API: a verified principal, and the decision (shared/src/access) about
 * the permission that the route names, on what is the caller's own. Whose a job is, is judged where it has been found
 * (`mayOn`): one of another organisation is answered word for word as if there were none. A route that names no
 * permission cannot be registered.
 */
import { decide, type Relation } from '@cellbook/shared/access/access.ts';
import type { Permission } from '@cellbook/shared/access/permissions.ts';
import { refusalOf } from '@cellbook/shared/access/refusal.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { JobId } from '@cellbook/shared/ids.ts';
import { type Principal, principalHeader } from '@cellbook/shared/protocol/principal.ts';
import type { FastifyInstance } from 'fastify';
import type { JobBrief } from '../../records/job-record.ts';
import type { PrincipalVerifier } from './principal-verifier.ts';

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal;
  }
  interface FastifyContextConfig {
    permission?: Permission;
    /** Of a job in the path: judged once it has been found. */
    ofJob?: boolean;
    /** On what is the platform's: an operator's alone. */
    ofPlatform?: boolean;
    /** Answered to anybody, for what is in its address. */
    open?: boolean;
  }
}

/** On what is the caller's own. */
export const needs = (permission: Permission) => ({ config: { permission } });
/** On the job in the path. */
export const needsOfJob = (permission: Permission) => ({ config: { permission, ofJob: true } });

/** On what is the platform's, and nobody's own. */
export const needsOfPlatform = (permission: Permission) => ({ config: { permission, ofPlatform: true } });

export interface RouteAccess {
  method: string;
  url: string;
  permission: Permission | null;
  ofJob: boolean;
  ofPlatform: boolean;
}

export function addGate(app: FastifyInstance, principals: PrincipalVerifier): RouteAccess[] {
  const routes: RouteAccess[] = [];
  app.decorateRequest('principal');
  app.addHook('onRoute', ({ method, url, config }) => {
    const permission = config?.permission ?? null;
    if (permission === null && config?.open !== true) throw new Error(`${url} names no permission`);
    for (const one of [method].flat())
      routes.push({
        ...{ method: one, url, permission },
        ...{ ofJob: config?.ofJob === true, ofPlatform: config?.ofPlatform === true },
      });
  });
  app.addHook('onRequest', async (request) => {
    const { permission, ofJob, ofPlatform, open } = request.routeOptions.config;
    if (open === true || permission === undefined) return;
    const token = request.headers[principalHeader];
    const principal = await principals.verify(typeof token === 'string' ? token : undefined);
    request.principal = principal;
    if (ofJob === true) return;
    const decision = decide(principal, permission, ofPlatform ? 'foreign' : 'own');
    if (!decision.allowed) throw refusalOf({ caller: principal, permission, because: decision.because });
  });
  return routes;
}

/** What one has in another organisation is foreign while acting in this one. */
export function relationTo({ orgId, userId }: Pick<JobBrief, 'orgId' | 'userId'>, who: Principal): Relation {
  if (orgId !== who.org) return 'foreign';
  return userId === who.sub ? 'own' : 'org';
}

/** Throws the refusal; null is a job that is not there. */
export function mayOn(
  record: JobBrief | undefined,
  jobId: JobId,
  who: Principal,
  permission: Permission,
): JobBrief {
  if (!record) throw unseenJob(jobId);
  const decision = decide(who, permission, relationTo(record, who));
  if (decision.allowed) return record;
  if (decision.because === 'unseen') throw unseenJob(jobId);
  throw refusalOf({ caller: who, permission, because: decision.because });
}

export const unseenJob = (jobId: JobId): CellbookError =>
  new CellbookError('not_found', {
    doing: `looking for job ${jobId}`,
    problem: 'there is no such job among yours',
    next: 'GET /v1/jobs lists yours.',
    ids: { jobId },
  });
