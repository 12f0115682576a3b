/** Which action a route of the edge's own is. A write that is not here is `api.write`, with its path. */
import type { AuditAction } from '@cellbook/shared/protocol/audit-actions.ts';
import type { EdgeRoute } from '../edge-route.ts';

const org = '/v1/orgs/:orgId';

const actions: Readonly<Record<string, AuditAction>> = {
  'POST /signin': 'sign_in',
  'GET /signin/:provider/callback': 'sign_in',
  'POST /signout': 'sign_out',
  'DELETE /v1/sessions/:sessionId': 'session.revoke',
  'POST /v1/session/organisation': 'org.switch',
  'POST /v1/keys': 'key.create',
  'POST /v1/tokens': 'key.create',
  'DELETE /v1/keys/:id': 'key.revoke',
  'DELETE /v1/tokens/:id': 'key.revoke',
  [`DELETE ${org}/keys/:id`]: 'key.revoke',
  [`POST ${org}/service-accounts`]: 'service_account.create',
  [`PATCH ${org}/service-accounts/:id`]: 'service_account.edit',
  [`DELETE ${org}/service-accounts/:id`]: 'service_account.delete',
  [`POST ${org}/service-accounts/:id/keys`]: 'key.create',
  'POST /device': 'device.allow',
  'POST /join/*': 'invitation.accept',
  'POST /v1/orgs': 'org.create',
  [`PATCH ${org}`]: 'org.edit',
  [`PUT ${org}/policy`]: 'org.policy',
  [`PUT ${org}/audit-policy`]: 'audit.policy',
  [`POST ${org}/leave`]: 'member.remove',
  [`PATCH ${org}/members/:userId`]: 'member.role',
  [`DELETE ${org}/members/:userId`]: 'member.remove',
  [`POST ${org}/invitations`]: 'invitation.create',
  [`DELETE ${org}/invitations/:invitationId`]: 'invitation.revoke',
  [`POST ${org}/teams`]: 'team.create',
  [`DELETE ${org}/teams/:teamId`]: 'team.delete',
  [`PUT ${org}/teams/:teamId/members/:userId`]: 'team.edit',
  [`DELETE ${org}/teams/:teamId/members/:userId`]: 'team.edit',
  'POST /v1/jobs': 'job.submit',
  'POST /v1/jobs/batch': 'job.submit',
  'POST /v1/jobs/:jobId/cancel': 'job.cancel',
  'POST /v1/gpu/:region/hosts/:hostId/quarantine': 'gpu.host',
  'POST /v1/gpu/:region/hosts/:hostId/release': 'gpu.host',
  'POST /v1/gpu/:region/hosts/:hostId/drain': 'gpu.host',
  'PUT /v1/gpu/:region/classes': 'gpu.class',
  'PUT /v1/gpu/:region/customers/:orgId': 'gpu.customer',
  'PUT /pins': 'pins.publish',
};

/**
 * Orders of a publisher that change nothing; and a command line that waits, which changes nothing until a person
 * has answered (the key that is made then is recorded by its maker).
 */
const reading: ReadonlySet<string> = new Set([
  'POST /pins/show',
  'POST /pins/probe',
  'POST /v1/device/code',
  'POST /v1/device/token',
]);

/** Null for what changes nothing. */
export function actionOf({ method, path }: Pick<EdgeRoute, 'method' | 'path'>): AuditAction | null {
  const name = `${method} ${path}`;
  if (reading.has(name)) return null;
  return actions[name] ?? (method === 'GET' ? null : 'api.write');
}
