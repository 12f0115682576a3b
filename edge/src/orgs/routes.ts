/** Organisations, their members, invitations, teams and policies. */
import type { Description, GuardedRoute } from '../edge-route.ts';
import {
  auditPolicyAnswer,
  auditPolicyBody,
  changeOrgBody,
  invitationsAnswer,
  membersAnswer,
  newInvitationAnswer,
  newInvitationBody,
  newOrgBody,
  newTeamBody,
  orgAnswer,
  orgsAnswer,
  policyBody,
  roleBody,
  teamAnswer,
  teamsAnswer,
} from './answers.ts';
import { createInvitation, listInvitations, revokeInvitation } from './invitation-handlers.ts';
import { leave, listMembers, removeMember, setRole } from './member-handlers.ts';
import {
  changeOrg,
  createOrg,
  getAuditPolicy,
  getOrg,
  listOrgs,
  setAuditPolicy,
  setPolicy,
} from './org-handlers.ts';
import { createTeam, listTeams, removeTeam, setTeamMember } from './team-handlers.ts';

type Method = GuardedRoute['method'];
type Guard = Pick<GuardedRoute, 'permission' | 'about' | 'byKey'>;

const reads: Guard = { permission: 'org.read', about: 'organisation' };
/** A client's key that leaks does not reach who may enter, unless it was made for that. */
const manages: Guard = { permission: 'org.manage', about: 'organisation', byKey: 'scoped' };
const own: Guard = { permission: 'account.write', about: 'caller', byKey: 'never' };
/** Tier, region, quotas and domain are the platform's to give. */
const platform: Guard = { permission: 'org.manage', about: 'platform' };

const org = '/v1/orgs/:orgId';
const member = `${org}/members/:userId`;
const teamMember = `${org}/teams/:teamId/members/:userId`;

const row = (
  guard: Guard,
  method: Method,
  path: string,
  answer: GuardedRoute['answer'],
  describes: Description,
): GuardedRoute => ({ ...guard, method, path, answer, describes });

const done = (id: string, summary: string, body?: Description['body']): Description => ({
  ...{ id, summary, status: 204, answers: null },
  ...(body && { body }),
});
const made = (
  id: string,
  summary: string,
  body: Description['body'],
  answers: Description['answers'],
): Description => ({ id, summary, status: 201, answers, ...(body && { body }) });
const shows = (
  id: string,
  summary: string,
  answers: Description['answers'],
  body?: Description['body'],
): Description => ({ id, summary, status: 200, answers, ...(body && { body }) });

const listed: Guard = { permission: 'account.read', about: 'caller' };

export const orgRoutes: readonly GuardedRoute[] = [
  row(listed, 'GET', '/v1/orgs', listOrgs, shows('listOrgs', 'Organisations one is in', orgsAnswer)),
  row(own, 'POST', '/v1/orgs', createOrg, made('createOrg', 'Make an organisation', newOrgBody, orgAnswer)),
  row(reads, 'GET', org, getOrg, shows('getOrg', 'An organisation', orgAnswer)),
  row(manages, 'PATCH', org, changeOrg, shows('changeOrg', 'Rename it', orgAnswer, changeOrgBody)),
  row(
    ...([platform, 'PUT', `${org}/policy`, setPolicy] as const),
    shows('setOrgPolicy', 'Set its tier, region, quotas and e-mail domain', orgAnswer, policyBody),
  ),
  row(
    ...([reads, 'GET', `${org}/audit-policy`, getAuditPolicy] as const),
    shows('getAuditPolicy', 'What its audit log records beyond its tier', auditPolicyAnswer),
  ),
  row(
    ...([manages, 'PUT', `${org}/audit-policy`, setAuditPolicy] as const),
    shows(
      'setAuditPolicy',
      'Ask for kernel code, reads or a longer retention',
      auditPolicyAnswer,
      auditPolicyBody,
    ),
  ),
  row(own, 'POST', `${org}/leave`, leave, done('leaveOrg', 'Leave it')),
  row(reads, 'GET', `${org}/members`, listMembers, shows('listMembers', 'Its members', membersAnswer)),
  row(manages, 'PATCH', member, setRole, done('setMemberRole', 'Give a member a role', roleBody)),
  row(manages, 'DELETE', member, removeMember, done('removeMember', 'Take a member out')),
  row(
    ...([manages, 'GET', `${org}/invitations`, listInvitations] as const),
    shows('listInvitations', 'Open invitations', invitationsAnswer),
  ),
  row(
    ...([manages, 'POST', `${org}/invitations`, createInvitation] as const),
    made('createInvitation', 'Invite somebody', newInvitationBody, newInvitationAnswer),
  ),
  row(
    ...([manages, 'DELETE', `${org}/invitations/:invitationId`, revokeInvitation] as const),
    done('revokeInvitation', 'Take an invitation back'),
  ),
  row(reads, 'GET', `${org}/teams`, listTeams, shows('listTeams', 'Its teams', teamsAnswer)),
  row(
    ...([manages, 'POST', `${org}/teams`, createTeam] as const),
    made('createTeam', 'Make a team', newTeamBody, teamAnswer),
  ),
  row(manages, 'DELETE', `${org}/teams/:teamId`, removeTeam, done('removeTeam', 'Remove a team')),
  row(manages, 'PUT', teamMember, setTeamMember(true), done('addToTeam', 'Put a member into a team')),
  row(
    manages,
    'DELETE',
    teamMember,
    setTeamMember(false),
    done('takeFromTeam', 'Take a member out of a team'),
  ),
];
