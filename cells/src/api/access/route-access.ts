/**
 * What a route needs, said where it is registered: `app.get(path, needs('notebook.read'), handler)`. A path with
 * `:workspaceId` in it is about that workspace; any other is about the caller's own things unless it says so.
 */
import { decide, type Relation } from '@cellbook/shared/access/access.ts';
import type { Permission } from '@cellbook/shared/access/permissions.ts';
import type { OrgId, UserId } from '@cellbook/shared/ids.ts';
import type { Principal } from '@cellbook/shared/protocol/principal.ts';
import type { FastifyRequest } from 'fastify';

/** `organisation`: the caller's; `platform`: everybody's, which is an operator's alone. */
export type About = 'caller' | 'organisation' | 'platform' | ((request: FastifyRequest) => Relation);

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered to anybody: health, metrics, the description of the API. */
    open?: boolean;
    permission?: Permission;
    about?: About;
  }
}

export const needs = (permission: Permission, about: About = 'caller') => ({ config: { permission, about } });

/** Notebooks and files as they are. */
export const reading = needs('notebook.read');
/** Whatever runs code or changes a file. */
export const using = needs('notebook.use');

/** Whose a workspace is. */
export interface Tenant {
  ownerId: UserId;
  orgId: OrgId;
}

/** What one owns in another organisation is foreign while acting in this one: who leaves one leaves its things. */
export function relationTo(tenant: Tenant, principal: Principal): Relation {
  if (tenant.orgId !== principal.org) return 'foreign';
  return tenant.ownerId === principal.sub ? 'own' : 'org';
}

export function relationOf(request: FastifyRequest, about: About): Relation {
  if (typeof about === 'function') return about(request);
  return ({ caller: 'own', organisation: 'org', platform: 'foreign' } as const)[about];
}

/** For answers that show less to those who may less. */
export const mayAlso = (principal: Principal, permission: Permission, relation: Relation): boolean =>
  decide(principal, permission, relation).allowed;
