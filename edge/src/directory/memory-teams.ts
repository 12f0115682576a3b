/** Teams in memory: for tests and simulation. */
import { limits } from '@cellbook/shared/limits.ts';
import type { MemoryTables, TeamRow } from './memory-tables.ts';
import { taken, tooMany } from './org-refusals.ts';
import type { Orgs, Team } from './orgs.ts';

export function memoryTeams(
  tables: MemoryTables,
): Pick<Orgs, 'teams' | 'createTeam' | 'removeTeam' | 'setTeamMember'> {
  const { teams } = tables;
  const shown = ({ id, name, providerGroup, members }: TeamRow): Team => ({
    id,
    name,
    providerGroup,
    members: [...members.keys()],
  });
  return {
    async teams(id) {
      const found = teams.filter(({ org }) => org === id);
      return found.sort((one, other) => (one.name < other.name ? -1 : 1)).map(shown);
    },
    async createTeam({ id, org, name, providerGroup }) {
      const present = teams.find((team) => team.id === id && team.org === org);
      if (present) return shown(present);
      const others = teams.filter((team) => team.org === org);
      const doing = `creating a team of ${org}`;
      if (others.some((team) => team.name === name)) throw taken('team has this name', doing, { org });
      if (others.length >= limits.edge.teamsPerOrgMax)
        throw tooMany('teams', limits.edge.teamsPerOrgMax, doing, { org });
      const row: TeamRow = { id, org, name, providerGroup, members: new Map() };
      teams.push(row);
      return shown(row);
    },
    async removeTeam(id, team) {
      const at = teams.findIndex((one) => one.id === team && one.org === id);
      if (at >= 0) teams.splice(at, 1);
      return at >= 0;
    },
    async setTeamMember(id, team, userId, isMember) {
      const row = teams.find((one) => one.id === team && one.org === id);
      if (!row || !tables.memberOf(id, userId)) return false;
      if (isMember) row.members.set(userId, 'hand');
      else row.members.delete(userId);
      return true;
    },
  };
}
