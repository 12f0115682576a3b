/** The bodies and answers of `/v1/orgs…`, as clients see them: times as ISO text, ids as they are. */
import {
  invitationIdSchema,
  orgIdSchema,
  regionIdSchema,
  teamIdSchema,
  userIdSchema,
} from '@cellbook/shared/ids.ts';
import { type AuditPolicy, tierSchema } from '@cellbook/shared/protocol/principal.ts';
import { quotaPolicySchema } from '@cellbook/shared/protocol/quota.ts';
import { z } from 'zod';
import type { Invitation, Member, Membership, Org } from '../directory/orgs.ts';
import { memberRoleSchema } from '../directory/people.ts';

const nameSchema = z.string().trim().min(1).max(100);
const domainSchema = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'expected a domain like example.org')
  .max(253);

export const newOrgBody = z.object({ name: nameSchema }).strict();
export const changeOrgBody = z.object({ name: nameSchema }).strict();
export const policyBody = z
  .object({
    tier: tierSchema,
    /** Null: each member's own. */
    region: regionIdSchema.nullable(),
    emailDomain: domainSchema.nullable(),
    /** Absent: those of its tier. */
    quotas: quotaPolicySchema.default({}),
  })
  .strict();
/** Asked for by the organisation itself; what is not named is as its tier has it. */
export const auditPolicyBody = z
  .object({
    /** Record the code that kernels are given to run. */
    kernelCode: z.boolean().default(false),
    /** Record reads of files, notebooks and GPU jobs. */
    reads: z.boolean().default(false),
    /** Keep events at least this long. */
    retentionDays: z.int().min(1).max(36_525).nullable().default(null),
  })
  .strict();
export const auditPolicyAnswer = auditPolicyBody.meta({ title: 'AuditPolicy' });
export const roleBody = z.object({ role: memberRoleSchema }).strict();
export const newInvitationBody = z
  .object({
    /** Absent: whoever has the link. */
    email: z.email().max(254).toLowerCase().optional(),
    role: memberRoleSchema.default('member'),
  })
  .strict();
export const newTeamBody = z
  .object({ name: nameSchema, providerGroup: z.string().trim().min(1).max(200).optional() })
  .strict();

const orgFields = z.object({
  id: orgIdSchema,
  name: z.string(),
  kind: z.enum(['personal', 'shared']),
  tier: tierSchema,
  region: regionIdSchema.nullable(),
  emailDomain: z.string().nullable(),
  createdAt: z.iso.datetime(),
});
export const orgAnswer = orgFields.meta({ title: 'Organisation' });
const membership = orgFields
  .extend({ role: memberRoleSchema, isActive: z.boolean() })
  .meta({ title: 'Membership' });
export const orgsAnswer = z
  .object({
    orgs: z.array(membership),
  })
  .meta({ title: 'MembershipList' });
const memberAnswer = z
  .object({
    userId: userIdSchema,
    name: z.string(),
    email: z.string().nullable(),
    role: memberRoleSchema,
    isYou: z.boolean(),
    since: z.iso.datetime(),
  })
  .meta({ title: 'Member' });
export const membersAnswer = z.object({ members: z.array(memberAnswer) }).meta({ title: 'MemberList' });
const invitationFields = z.object({
  id: invitationIdSchema,
  email: z.string().nullable(),
  role: memberRoleSchema,
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
});
const invitationAnswer = invitationFields.meta({ title: 'Invitation' });
/** The link is told once, to whoever made it; the same Idempotency-Key tells it again. */
export const newInvitationAnswer = invitationFields
  .extend({ url: z.url() })
  .meta({ title: 'MadeInvitation' });
export const invitationsAnswer = z
  .object({ invitations: z.array(invitationAnswer) })
  .meta({ title: 'InvitationList' });
export const teamAnswer = z
  .object({
    id: teamIdSchema,
    name: z.string(),
    providerGroup: z.string().nullable(),
    members: z.array(userIdSchema),
  })
  .meta({ title: 'Team' });
export const teamsAnswer = z.object({ teams: z.array(teamAnswer) }).meta({ title: 'TeamList' });

const iso = (ms: number): string => new Date(ms).toISOString();

export const shownOrg = ({ createdAtMs, ...org }: Org) => ({ ...org, createdAt: iso(createdAtMs) });

export const shownAuditPolicy = ({ code = false, reads = false, days }: AuditPolicy) => ({
  kernelCode: code,
  reads,
  retentionDays: days ?? null,
});

export const shownMembership = ({ createdAtMs, ...org }: Membership, active: string) => ({
  ...org,
  createdAt: iso(createdAtMs),
  isActive: org.id === active,
});

export const shownMember = ({ createdAtMs, ...member }: Member, caller: string) => ({
  ...member,
  isYou: member.userId === caller,
  since: iso(createdAtMs),
});

export const shownInvitation = ({ createdAtMs, expiresAtMs, ...invitation }: Invitation) => ({
  ...invitation,
  createdAt: iso(createdAtMs),
  expiresAt: iso(expiresAtMs),
});
