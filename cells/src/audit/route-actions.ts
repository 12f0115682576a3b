/**
 * Which action a route is, for routes that do not say so themselves. Paths as they are registered; a route that
 * is neither here nor named by its `audit` is recorded as `api.write` with its path.
 */
import type { AuditAction } from '@cellbook/shared/protocol/audit-actions.ts';

const workspace = '/v1/workspaces/:workspaceId';
const jupyter = '/w/:workspaceId/api';
const lab = '/w/:workspaceId/lab/api';

/**
 * Writes that change nothing anybody would ask about: where a user's tabs are, saved every few seconds, that he is still there, and what
 * is refused to everybody. They are recorded only when they are refused.
 */
export const unremarkable: ReadonlySet<string> = new Set([
  `PUT ${lab}/workspaces/*`,
  `DELETE ${lab}/workspaces/*`,
  `POST ${jupyter}/security/csp-report`,
  `POST ${jupyter}/events`,
  `POST ${lab}/cellbook/keep-running`,
]);

const actions: Readonly<Record<string, AuditAction>> = {
  'POST /v1/workspaces': 'workspace.create',
  [`PATCH ${workspace}`]: 'workspace.edit',
  [`DELETE ${workspace}`]: 'workspace.delete',
  [`POST ${workspace}/suspend`]: 'workspace.suspend',
  [`POST ${workspace}/resume`]: 'workspace.resume',
  [`POST ${workspace}/undelete`]: 'workspace.undelete',
  [`POST ${workspace}/recover`]: 'workspace.recover',
  [`POST ${workspace}/versions/:version/restore`]: 'version.restore',
  [`POST ${workspace}/versions/forget`]: 'version.forget',
  [`POST ${workspace}/environment/reset`]: 'environment.reset',
  [`POST ${lab}/cellbook/environment/reset`]: 'environment.reset',
  'PUT /v1/settings/idle': 'settings.edit',
  'DELETE /v1/settings/idle': 'settings.edit',
  'PUT /v1/secrets/:name': 'secret.put',
  'DELETE /v1/secrets/:name': 'secret.delete',
  'PUT /v1/org/secrets/:name': 'org_secret.put',
  'DELETE /v1/org/secrets/:name': 'org_secret.delete',
  ...contents(''),
  ...contents('/*'),
  [`POST ${jupyter}/kernels`]: 'kernel.start',
  [`DELETE ${jupyter}/kernels/:kernelId`]: 'kernel.stop',
  [`POST ${jupyter}/kernels/:kernelId/interrupt`]: 'kernel.interrupt',
  [`POST ${jupyter}/kernels/:kernelId/restart`]: 'kernel.restart',
  [`POST ${jupyter}/sessions`]: 'session.start',
  [`PATCH ${jupyter}/sessions/:sessionId`]: 'session.edit',
  [`DELETE ${jupyter}/sessions/:sessionId`]: 'session.stop',
  [`POST ${jupyter}/terminals`]: 'terminal.start',
  [`DELETE ${jupyter}/terminals/:name`]: 'terminal.stop',
  [`PUT ${jupyter}/config/:section`]: 'settings.edit',
  [`PATCH ${jupyter}/config/:section`]: 'settings.edit',
  [`PATCH ${jupyter}/me`]: 'settings.edit',
  [`PUT ${lab}/settings/*`]: 'settings.edit',
  'POST /w/:workspaceId/nbconvert/:format': 'content.convert',
};

function contents(rest: string): Record<string, AuditAction> {
  return {
    [`PUT ${jupyter}/contents${rest}`]: 'content.save',
    [`POST ${jupyter}/contents${rest}`]: 'content.create',
    [`PATCH ${jupyter}/contents${rest}`]: 'content.rename',
    [`DELETE ${jupyter}/contents${rest}`]: 'content.delete',
  };
}

export const actionOfRoute = (method: string, url: string): AuditAction | null =>
  actions[`${method} ${url}`] ?? null;
