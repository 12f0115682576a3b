/** Teams on D1. */
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import type { Batch } from './d1-batch.ts';
import { taken, tooMany } from './org-refusals.ts';
import { type Orgs, teamSchema } from './orgs.ts';

const columns = `teams.id, teams.name, teams.provider_group AS providerGroup,
  (SELECT json_group_array(user_id) FROM team_members WHERE team_id = teams.id) AS members`;
const rowSchema = teamSchema.extend({
  members: z
    .string()
    .transform((text) => JSON.parse(text) as unknown)
    .pipe(teamSchema.shape.members),
});
const countsSchema = z.object({ same: z.int(), all: z.int() });

export function d1Teams(
  db: D1Database,
  run: Batch,
): Pick<Orgs, 'teams' | 'createTeam' | 'removeTeam' | 'setTeamMember'> {
  return {
    async teams(id) {
      const [result] = await run([
        db.prepare(`SELECT ${columns} FROM teams WHERE org_id = ? ORDER BY name, id`).bind(id),
      ]);
      return z.array(rowSchema).parse(result?.results);
    },
    async createTeam({ id, org, name, providerGroup }, nowMs) {
      const [counted, , result] = await run([
        db
          .prepare(
            `SELECT count(*) AS "all", coalesce(sum(name = ?2), 0) AS same FROM teams WHERE org_id = ?1`,
          )
          .bind(org, name),
        db
          .prepare(
            `INSERT INTO teams (id, org_id, name, provider_group, created_at) SELECT ?1, ?2, ?3, ?4, ?5
             WHERE ?6 > (SELECT count(*) FROM teams WHERE org_id = ?2) ON CONFLICT DO NOTHING`,
          )
          .bind(id, org, name, providerGroup, nowMs, limits.edge.teamsPerOrgMax),
        db.prepare(`SELECT ${columns} FROM teams WHERE id = ? AND org_id = ?`).bind(id, org),
      ]);
      const row = result?.results[0];
      if (row !== undefined) return rowSchema.parse(row);
      if (countsSchema.parse(counted?.results[0]).same > 0)
        throw taken('team has this name', `creating a team of ${org}`, { org });
      throw tooMany('teams', limits.edge.teamsPerOrgMax, `creating a team of ${org}`, { org });
    },
    async removeTeam(id, team) {
      const [, removed] = await run([
        db
          .prepare(
            'DELETE FROM team_members WHERE team_id = (SELECT id FROM teams WHERE id = ? AND org_id = ?)',
          )
          .bind(team, id),
        db.prepare('DELETE FROM teams WHERE id = ? AND org_id = ?').bind(team, id),
      ]);
      return removed?.meta.changes === 1;
    },
    async setTeamMember(id, team, userId, isMember) {
      const both = `SELECT teams.id, members.user_id FROM teams JOIN members ON members.org_id = teams.org_id
        WHERE teams.id = ?1 AND teams.org_id = ?2 AND members.user_id = ?3`;
      const change = isMember
        ? `INSERT INTO team_members (team_id, user_id, source) SELECT id, user_id, 'hand' FROM (${both})
           WHERE true ON CONFLICT (team_id, user_id) DO UPDATE SET source = 'hand'`
        : `DELETE FROM team_members WHERE (team_id, user_id) IN (${both})`;
      const [found] = await run([
        db.prepare(both).bind(team, id, userId),
        db.prepare(change).bind(team, id, userId),
      ]);
      return found?.results[0] !== undefined;
    },
  };
}
