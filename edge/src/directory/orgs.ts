/**
 * Organisations: their members and roles, invitations, teams and policies. A personal one has its owner alone
 * and for ever; a shared one always has an admin. Who may ask for what is decided before (shared/src/access);
 * here is only what must hold whoever asks. A change of what somebody is leaves a mark in `changes`, with it.
 * Both implementations pass the suite in orgs.test.ts.
 */
import {
  invitationIdSchema,
  type OrgId,
  orgIdSchema,
  regionIdSchema,
  type TeamId,
  teamIdSchema,
  type UserId,
  userIdSchema,
} from '@cellbook/shared/ids.ts';
import type { AuditPolicy } from '@cellbook/shared/protocol/principal.ts';
import { tierSchema } from '@cellbook/shared/protocol/principal.ts';
import type { QuotaPolicy } from '@cellbook/shared/protocol/quota.ts';
import { z } from 'zod';
import { type MemberRole, memberRoleSchema } from './people.ts';

export const orgSchema = z.object({
  id: orgIdSchema,
  name: z.string(),
  kind: z.enum(['personal', 'shared']),
  tier: tierSchema,
  /** Where its members' work lives; null: where each of them lives. */
  region: regionIdSchema.nullable(),
  emailDomain: z.string().nullable(),
  createdAtMs: z.int(),
});
export type Org = z.infer<typeof orgSchema>;

export const membershipSchema = orgSchema.extend({ role: memberRoleSchema });
export type Membership = z.infer<typeof membershipSchema>;

export const memberSchema = z.object({
  userId: userIdSchema,
  name: z.string(),
  email: z.string().nullable(),
  role: memberRoleSchema,
  createdAtMs: z.int(),
});
export type Member = z.infer<typeof memberSchema>;

export const invitationSchema = z.object({
  id: invitationIdSchema,
  /** Null: whoever has the link, once. */
  email: z.string().nullable(),
  role: memberRoleSchema,
  createdAtMs: z.int(),
  expiresAtMs: z.int(),
});
export type Invitation = z.infer<typeof invitationSchema>;

export interface NewInvitation extends Invitation {
  org: OrgId;
  /** SHA-256 of the link's secret, hex. */
  hash: string;
  invitedBy: UserId;
}

export const teamSchema = z.object({
  id: teamIdSchema,
  name: z.string(),
  /** The provider's group that fills it at each sign-in. */
  providerGroup: z.string().nullable(),
  members: z.array(userIdSchema),
});
export type Team = z.infer<typeof teamSchema>;

export interface OrgPolicy {
  tier: Org['tier'];
  region: Org['region'];
  emailDomain: string | null;
  quotas: QuotaPolicy;
}

export interface Orgs {
  /** Makes a shared one with `ownerId` as its admin, unless there is one of this id: then that. `quota_exceeded`. */
  create(org: { id: OrgId; name: string; ownerId: UserId }, nowMs: number): Promise<Org>;
  get(id: OrgId): Promise<Org | null>;
  /** Those he is a member of: the personal one first, then by name. */
  listOf(userId: UserId): Promise<Membership[]>;
  rename(id: OrgId, name: string): Promise<Org | null>;
  /** `conflict` where another organisation has the e-mail domain. */
  setPolicy(id: OrgId, policy: OrgPolicy, nowMs: number): Promise<Org | null>;

  auditPolicy(id: OrgId): Promise<AuditPolicy>;
  setAuditPolicy(id: OrgId, policy: AuditPolicy, nowMs: number): Promise<void>;

  members(id: OrgId): Promise<Member[]>;
  setRole(id: OrgId, userId: UserId, role: MemberRole, nowMs: number): Promise<MemberChange>;
  /** Takes him out of its teams too. What he made stays the organisation's. */
  removeMember(id: OrgId, userId: UserId, nowMs: number): Promise<MemberChange>;

  /** As `create`: an invitation of this id is made once. `quota_exceeded`, also where there is no room for members. */
  invite(invitation: NewInvitation): Promise<Invitation>;
  /** Open ones, newest first. */
  invitations(id: OrgId, nowMs: number): Promise<Invitation[]>;
  revokeInvitation(id: OrgId, invitation: string, nowMs: number): Promise<boolean>;
  /** The organisation that an open invitation leads to; with its address, only somebody with that one. */
  findInvitation(invitation: string, hash: string, nowMs: number): Promise<FoundInvitation | null>;
  /** Makes him a member, once. Null: not open any more, or meant for another address than his. `quota_exceeded`. */
  accept(invitation: string, hash: string, userId: UserId, nowMs: number): Promise<OrgId | null>;

  teams(id: OrgId): Promise<Team[]>;
  /** As `create`. `conflict` where there is another of this name. */
  createTeam(
    team: { id: TeamId; org: OrgId; name: string; providerGroup: string | null },
    nowMs: number,
  ): Promise<Team>;
  removeTeam(id: OrgId, team: string): Promise<boolean>;
  /** False: no such team, or he is no member of the organisation. */
  setTeamMember(id: OrgId, team: string, userId: UserId, isMember: boolean): Promise<boolean>;
}

/** `last_admin`: it would have been left without one; `personal`: a personal organisation stays as it is. */
export type MemberChange = 'done' | 'absent' | 'last_admin' | 'personal';

export interface FoundInvitation {
  org: Org;
  role: MemberRole;
  email: string | null;
}
