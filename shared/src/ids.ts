/**
 * Branded ids. Every id is `<prefix>-<20 characters of lower-case base32>` (100 bits), so that one also
 * fits a DNS label: a workspace's id is the first label of its own origin. A WorkspaceId never fits a CellId.
 */
import { z } from 'zod';
import type { Random } from './random.ts';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const bodyLength = 20;

function idSchema<const Prefix extends string>(prefix: Prefix) {
  return z
    .string()
    .regex(new RegExp(`^${prefix}-[${alphabet}]{${bodyLength}}$`), `expected an id like ${prefix}-…`)
    .brand<Prefix>();
}

export const workspaceIdSchema = idSchema('ws');
export const userIdSchema = idSchema('user');
export const orgIdSchema = idSchema('org');
export const sandboxIdSchema = idSchema('sbx');
export const volumeIdSchema = idSchema('vol');
export const requestIdSchema = idSchema('req');
export const apiKeyIdSchema = idSchema('key');
export const invitationIdSchema = idSchema('inv');
export const teamIdSchema = idSchema('team');
export const auditIdSchema = idSchema('evt');
export const jobIdSchema = idSchema('job');
export const attemptIdSchema = idSchema('att');
/** Cells, hosts and regions are named by operators (`eu-1`, `eu-1-a`), not drawn at random. */
export const regionIdSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/)
  .brand<'region'>();
export const cellIdSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/)
  .brand<'cell'>();
export const hostIdSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,47}$/)
  .brand<'host'>();
/** Kernel and session ids are UUIDs, because Jupyter clients expect them; ours are version 4, a client's own may be of any. */
export const kernelIdSchema = z.guid().brand<'kernel'>();
export const sessionIdSchema = z.guid().brand<'session'>();

export type WorkspaceId = z.infer<typeof workspaceIdSchema>;
export type UserId = z.infer<typeof userIdSchema>;
export type OrgId = z.infer<typeof orgIdSchema>;
export type SandboxId = z.infer<typeof sandboxIdSchema>;
export type VolumeId = z.infer<typeof volumeIdSchema>;
export type RequestId = z.infer<typeof requestIdSchema>;
export type ApiKeyId = z.infer<typeof apiKeyIdSchema>;
export type InvitationId = z.infer<typeof invitationIdSchema>;
export type TeamId = z.infer<typeof teamIdSchema>;
export type AuditId = z.infer<typeof auditIdSchema>;
export type JobId = z.infer<typeof jobIdSchema>;
export type AttemptId = z.infer<typeof attemptIdSchema>;
export type RegionId = z.infer<typeof regionIdSchema>;
export type CellId = z.infer<typeof cellIdSchema>;
export type HostId = z.infer<typeof hostIdSchema>;
export type KernelId = z.infer<typeof kernelIdSchema>;
export type SessionId = z.infer<typeof sessionIdSchema>;

function drawBody(random: Random): string {
  let body = '';
  for (const byte of random.bytes(bodyLength)) body += alphabet[byte & 31];
  return body;
}

export const newWorkspaceId = (random: Random): WorkspaceId =>
  workspaceIdSchema.parse(`ws-${drawBody(random)}`);
export const newUserId = (random: Random): UserId => userIdSchema.parse(`user-${drawBody(random)}`);
export const newOrgId = (random: Random): OrgId => orgIdSchema.parse(`org-${drawBody(random)}`);
export const newSandboxId = (random: Random): SandboxId => sandboxIdSchema.parse(`sbx-${drawBody(random)}`);
export const newVolumeId = (random: Random): VolumeId => volumeIdSchema.parse(`vol-${drawBody(random)}`);
export const newRequestId = (random: Random): RequestId => requestIdSchema.parse(`req-${drawBody(random)}`);
export const newInvitationId = (random: Random): InvitationId =>
  invitationIdSchema.parse(`inv-${drawBody(random)}`);
export const newTeamId = (random: Random): TeamId => teamIdSchema.parse(`team-${drawBody(random)}`);
export const newApiKeyId = (random: Random): ApiKeyId => apiKeyIdSchema.parse(`key-${drawBody(random)}`);
export const newAuditId = (random: Random): AuditId => auditIdSchema.parse(`evt-${drawBody(random)}`);
// Not checked again: a scheduler draws ten thousand a second, and checking takes longer than drawing.
export const newJobId = (random: Random): JobId => `job-${drawBody(random)}` as JobId;
export const newAttemptId = (random: Random): AttemptId => `att-${drawBody(random)}` as AttemptId;
export const newKernelId = (random: Random): KernelId => kernelIdSchema.parse(random.uuid());
export const newSessionId = (random: Random): SessionId => sessionIdSchema.parse(random.uuid());
