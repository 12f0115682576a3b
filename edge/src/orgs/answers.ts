/** The bodies and answers of `/v1/orgs…`, as clients see them: times as ISO text, ids as they are. */
import {
  invitationIdSchema,
  orgIdSchema,
  regionIdSchema,
  teamIdSchema,
  userIdSchema,
} from '@cellbook/shared/ids.ts';
import { tierSchema } from '@cellbook/shared/protocol/principal.ts';
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

export const orgAnswer = z.object({
  id: orgIdSchema,
  name: z.string(),
  kind: z.enum(['personal', 'shared']),
  tier: tierSchema,
  region: regionIdSchema.nullable(),
  emailDomain: z.string().nullable(),
  createdAt: z.iso.datetime(),
});
export const orgsAnswer = z.object({
  orgs: z.array(orgAnswer.extend({ role: memberRoleSchema, isActive: z.boolean() })),
});
const memberAnswer = z.object({
  userId: userIdSchema,
  name: z.string(),
  email: z.string().nullable(),
  role: memberRoleSchema,
  isYou: z.boolean(),
  since: z.iso.datetime(),
});
export const membersAnswer = z.object({ members: z.array(memberAnswer) });
const invitationAnswer = z.object({
  id: invitationIdSchema,
  email: z.string().nullable(),
  role: memberRoleSchema,
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
});
/** The link is told once, to whoever made it; the same Idempotency-Key tells it again. */
export const newInvitationAnswer = invitationAnswer.extend({ url: z.url() });
export const invitationsAnswer = z.object({ invitations: z.array(invitationAnswer) });
export const teamAnswer = z.object({
  id: teamIdSchema,
  name: z.string(),
  providerGroup: z.string().nullable(),
  members: z.array(userIdSchema),
});
export const teamsAnswer = z.object({ teams: z.array(teamAnswer) });

const iso = (ms: number): string => new Date(ms).toISOString();

export const shownOrg = ({ createdAtMs, ...org }: Org) => ({ ...org, createdAt: iso(createdAtMs) });

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
