/** Members in memory: for tests and simulation. */
import { memberSubject } from '@cellbook/shared/protocol/standing-api.ts';
import type { MemoryTables } from './memory-tables.ts';
import type { MemberChange, Orgs } from './orgs.ts';

export function memoryMembers(tables: MemoryTables): Pick<Orgs, 'members' | 'setRole' | 'removeMember'> {
  /** What forbids a change of this member; null: nothing. */
  const obstacle = (org: string, userId: string, staysAdmin: boolean): MemberChange | null => {
    const member = tables.memberOf(org, userId);
    if (!member) return 'absent';
    if (tables.orgs.get(member.org)?.kind === 'personal') return 'personal';
    const admins = tables.membersOf(org).filter(({ role }) => role === 'admin');
    return member.role === 'admin' && !staysAdmin && admins.length === 1 ? 'last_admin' : null;
  };
  return {
    async members(id) {
      return tables
        .membersOf(id)
        .map(({ userId, role, createdAtMs }) => {
          const user = tables.users.get(userId);
          return { userId, name: user?.name ?? '', email: user?.email ?? null, role, createdAtMs };
        })
        .sort((one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : 0));
    },
    async setRole(id, userId, role, nowMs) {
      const member = tables.memberOf(id, userId);
      if (member?.role === role) return 'done';
      const problem = obstacle(id, userId, role === 'admin');
      if (problem || !member) return problem ?? 'absent';
      member.role = role;
      tables.noteChange(memberSubject(userId, id), nowMs);
      return 'done';
    },
    async removeMember(id, userId, nowMs) {
      const problem = obstacle(id, userId, false);
      if (problem) return problem;
      tables.members.delete(`${id} ${userId}`);
      for (const team of tables.teams) if (team.org === id) team.members.delete(userId);
      tables.noteChange(memberSubject(userId, id), nowMs);
      return 'done';
    },
  };
}
