/** Who is in an organisation and as what, on D1. Each change decides and marks in one transaction. */
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import { type Batch, noteMemberChange } from './d1-batch.ts';
import { type MemberChange, memberSchema, type Orgs } from './orgs.ts';

const standing = `SELECT orgs.kind FROM members JOIN orgs ON orgs.id = members.org_id
  WHERE members.org_id = ?1 AND members.user_id = ?2`;
const standingSchema = z.object({ kind: z.enum(['personal', 'shared']) });

/** A shared organisation keeps an admin, and a personal one stays as it is. */
const mayChange = `EXISTS (SELECT 1 FROM orgs WHERE id = ?1 AND kind = 'shared')
  AND (role <> 'admin' OR (SELECT count(*) FROM members WHERE org_id = ?1 AND role = 'admin') > 1)`;

export function d1Members(db: D1Database, run: Batch): Pick<Orgs, 'members' | 'setRole' | 'removeMember'> {
  return {
    async members(id) {
      const [result] = await run([
        db
          .prepare(
            `SELECT users.id AS userId, users.name, users.email, members.role, members.created_at AS createdAtMs
             FROM members JOIN users ON users.id = members.user_id WHERE members.org_id = ?
             ORDER BY users.name, users.id LIMIT ?`,
          )
          .bind(id, limits.edge.membersPerOrgMax),
      ]);
      return z.array(memberSchema).parse(result?.results);
    },
    async setRole(id, userId, role, nowMs) {
      const [before, , updated] = await run([
        db.prepare(standing).bind(id, userId),
        noteMemberChange(db, id, userId, nowMs),
        db
          .prepare(
            `UPDATE members SET role = ?3 WHERE org_id = ?1 AND user_id = ?2 AND (role = ?3 OR (${mayChange}))`,
          )
          .bind(id, userId, role),
      ]);
      return outcome(before, updated);
    },
    async removeMember(id, userId, nowMs) {
      const [before, , removed] = await run([
        db.prepare(standing).bind(id, userId),
        noteMemberChange(db, id, userId, nowMs),
        db
          .prepare(`DELETE FROM members WHERE org_id = ?1 AND user_id = ?2 AND ${mayChange}`)
          .bind(id, userId),
        db
          .prepare(
            `DELETE FROM team_members WHERE user_id = ?2 AND team_id IN (SELECT id FROM teams WHERE org_id = ?1)
             AND NOT EXISTS (SELECT 1 FROM members WHERE org_id = ?1 AND user_id = ?2)`,
          )
          .bind(id, userId),
      ]);
      return outcome(before, removed);
    },
  };
}

function outcome(before: D1Result | undefined, changed: D1Result | undefined): MemberChange {
  const row = before?.results[0];
  if (row === undefined) return 'absent';
  // What a trigger writes down of it counts, too.
  if ((changed?.meta.changes ?? 0) > 0) return 'done';
  return standingSchema.parse(row).kind === 'personal' ? 'personal' : 'last_admin';
}
