/**
 * Every action that an audit event may name. A new action is a line here. A write of a route that names none is
 * `api.write`, so that nothing goes unrecorded because its author did not think of it.
 */
import { z } from 'zod';

export const auditActionSchema = z
  .enum([
    // Workspaces, by their owners and admins.
    'workspace.create',
    'workspace.edit',
    'workspace.suspend',
    'workspace.resume',
    'workspace.delete',
    'workspace.undelete',
    'workspace.recover',
    // Workspaces, by the cell itself.
    'workspace.idle_suspend',
    'workspace.owner_left',
    'workspace.sandbox_lost',
    'workspace.attempt_failed',
    'workspace.purge',
    // Files and notebooks.
    'content.save',
    'content.create',
    'content.rename',
    'content.delete',
    'content.checkpoint',
    'content.restore',
    'content.convert',
    'content.read',
    'version.restore',
    'version.forget',
    'environment.reset',
    // Kernels and terminals.
    'kernel.start',
    'kernel.stop',
    'kernel.restart',
    'kernel.interrupt',
    'kernel.execute',
    'session.start',
    'session.edit',
    'session.stop',
    'terminal.start',
    'terminal.stop',
    // What was open when the right to it ended.
    'socket.end',
    // Settings of JupyterLab and its server.
    'settings.edit',
    // GPU jobs.
    'job.submit',
    'job.cancel',
    'job.read',
    'job.logs',
    'job.result',
    // Secrets.
    'secret.put',
    'secret.delete',
    'secret.flagged',
    'org_secret.put',
    'org_secret.delete',
    // Signing in, keys.
    'sign_in',
    'sign_out',
    'session.revoke',
    'workspace.open',
    'device.allow',
    'device.refuse',
    'key.create',
    'key.revoke',
    'service_account.create',
    'service_account.edit',
    'service_account.delete',
    'signing_key.rotate',
    // Organisations.
    'org.create',
    'org.edit',
    'org.policy',
    'org.delete',
    'org.switch',
    'member.add',
    'member.remove',
    'member.role',
    'invitation.create',
    'invitation.accept',
    'invitation.revoke',
    'team.create',
    'team.edit',
    'team.delete',
    'quota.edit',
    'user.edit',
    // The platform.
    'pins.publish',
    'pins.roll_back',
    'pins.override',
    'cell.start',
    'cell.stop',
    'cell.manage',
    'gpu.host',
    'gpu.class',
    'gpu.customer',
    // The log itself.
    'audit.read',
    'audit.export',
    'audit.policy',
    'audit.remove',
    // Whatever has no name of its own.
    'access.refused',
    'api.write',
  ])
  .meta({ title: 'AuditAction' });
export type AuditAction = z.infer<typeof auditActionSchema>;
