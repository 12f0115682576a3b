/** Teams: named groups of an organisation's members, filled by hand or by the provider's groups at sign-in. */
import { newTeamId } from '@cellbook/shared/ids.ts';
import { noteAudit } from '../audit/note-audit.ts';
import type { GuardedRoute } from '../edge-route.ts';
import { idempotentRandom } from '../idempotent-random.ts';
import { readJson } from '../read-body.ts';
import { json, noContent } from '../responses/json.ts';
import { newTeamBody } from './answers.ts';
import { missing, orgIdOf, userIdOf } from './missing.ts';
import { keyReused } from './org-handlers.ts';

type Answer = GuardedRoute['answer'];

export const listTeams: Answer = async ({ ask, params }) =>
  json({ teams: await ask.edge.orgs.teams(orgIdOf(params)) });

export const createTeam: Answer = async ({ ask, identity, params }) => {
  const { orgs, clock } = ask.edge;
  const org = orgIdOf(params);
  const { name, providerGroup = null } = await readJson(ask.request, newTeamBody, 'creating a team');
  const id = newTeamId(await idempotentRandom(ask, identity, `team ${org}`));
  const team = await orgs.createTeam({ id, org, name, providerGroup }, clock.nowMs());
  if (team.name !== name || team.providerGroup !== providerGroup) throw keyReused('creating a team');
  noteAudit(ask, { which: { kind: 'team', id: team.id }, details: { name } });
  return json(team, 201);
};

export const removeTeam: Answer = async ({ ask, params }) => {
  if (await ask.edge.orgs.removeTeam(orgIdOf(params), params.teamId ?? '')) return noContent();
  throw noTeam();
};

export const setTeamMember =
  (isMember: boolean): Answer =>
  async ({ ask, params }) => {
    const { orgs } = ask.edge;
    const done = await orgs.setTeamMember(orgIdOf(params), params.teamId ?? '', userIdOf(params), isMember);
    if (done) return noContent();
    throw noTeam();
  };

const noTeam = () =>
  missing('team, or no such member', 'changing a team', 'Look at the teams and the members.');
