/** Members: who is there, as what; leaving, and being taken out. */
import { assertNever } from '@cellbook/shared/assert-never.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { noteAudit } from '../audit/note-audit.ts';
import type { MemberChange } from '../directory/orgs.ts';
import type { GuardedRoute } from '../edge-route.ts';
import { readJson } from '../read-body.ts';
import { json, noContent } from '../responses/json.ts';
import { roleBody, shownMember } from './answers.ts';
import { noMember, orgIdOf, userIdOf } from './missing.ts';

type Answer = GuardedRoute['answer'];

export const listMembers: Answer = async ({ ask, identity, params }) => {
  const members = await ask.edge.orgs.members(orgIdOf(params));
  return json({ members: members.map((member) => shownMember(member, identity.sub)) });
};

export const setRole: Answer = async ({ ask, params }) => {
  const doing = 'changing a role';
  const { role } = await readJson(ask.request, roleBody, doing);
  const user = userIdOf(params);
  noteAudit(ask, { details: { role } });
  const change = await ask.edge.orgs.setRole(orgIdOf(params), user, role, ask.edge.clock.nowMs());
  return answerChange(change, user, doing);
};

export const removeMember: Answer = async ({ ask, params }) => {
  const user = userIdOf(params);
  const change = await ask.edge.orgs.removeMember(orgIdOf(params), user, ask.edge.clock.nowMs());
  return answerChange(change, user, 'removing a member');
};

export const leave: Answer = async ({ ask, identity, params }) => {
  const { orgs, clock } = ask.edge;
  noteAudit(ask, { which: { kind: 'member', id: identity.sub }, details: { leaving: true } });
  const change = await orgs.removeMember(orgIdOf(params), identity.sub, clock.nowMs());
  return answerChange(change, identity.sub, 'leaving an organisation');
};

function answerChange(change: MemberChange, user: string, doing: string): Response {
  switch (change) {
    case 'done':
      return noContent();
    case 'absent':
      throw noMember(user);
    case 'last_admin':
      throw refused(doing, 'it would be left without an admin', 'Make another member an admin first.');
    case 'personal':
      throw refused(
        doing,
        'a personal organisation has its owner alone, as its admin',
        'Create an organisation to work with others.',
      );
    default:
      return assertNever(change);
  }
}

const refused = (doing: string, problem: string, next: string): CellbookError =>
  new CellbookError('conflict', { doing, problem, next });
