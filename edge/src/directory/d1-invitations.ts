/** Invitations on D1. A link carries the secret, the row its hash; one is accepted once. */
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import { type Batch, noteAccepted } from './d1-batch.ts';
import { roomIn } from './members-limit.ts';
import { noRoom, tooMany } from './org-refusals.ts';
import { invitationSchema, type Orgs, orgSchema } from './orgs.ts';
import { memberRoleSchema } from './people.ts';

type Invitations = Pick<Orgs, 'invite' | 'invitations' | 'revokeInvitation' | 'findInvitation' | 'accept'>;

const columns = 'id, email, role, created_at AS createdAtMs, expires_at AS expiresAtMs';
const open = 'accepted_by IS NULL AND revoked_at IS NULL AND expires_at > ?3';

export function d1Invitations(
  db: D1Database,
  run: Batch,
  selectOrg: (id: string) => D1PreparedStatement,
): Invitations {
  return {
    async invite({ id, org, email, role, hash, invitedBy, createdAtMs, expiresAtMs }) {
      const [, result, room] = await run([
        db
          .prepare(
            `INSERT INTO invitations (id, org_id, email, role, hash, invited_by, created_at, expires_at)
             SELECT ?1, ?2, ?4, ?5, ?6, ?7, ?3, ?8
             WHERE ?9 > (SELECT count(*) FROM invitations WHERE org_id = ?2 AND ${open}) AND ${roomIn('?2')}
             ON CONFLICT (id) DO NOTHING`,
          )
          .bind(
            id,
            org,
            createdAtMs,
            email,
            role,
            hash,
            invitedBy,
            expiresAtMs,
            limits.edge.invitationsPerOrgMax,
          ),
        db.prepare(`SELECT ${columns} FROM invitations WHERE id = ? AND org_id = ?`).bind(id, org),
        db.prepare(`SELECT 1 WHERE ${roomIn('?1')}`).bind(org),
      ]);
      const row = result?.results[0];
      if (row !== undefined) return invitationSchema.parse(row);
      if (room?.results.length === 0) throw noRoom(`inviting to ${org}`, { org });
      throw tooMany('open invitations', limits.edge.invitationsPerOrgMax, `inviting to ${org}`, { org });
    },
    async invitations(id, nowMs) {
      const [result] = await run([
        db
          .prepare(
            `SELECT ${columns} FROM invitations WHERE org_id = ?1 AND ?2 = ?2 AND ${open}
             ORDER BY created_at DESC, rowid DESC`,
          )
          .bind(id, '', nowMs),
      ]);
      return z.array(invitationSchema).parse(result?.results);
    },
    async revokeInvitation(id, invitation, nowMs) {
      const [updated] = await run([
        db
          .prepare(`UPDATE invitations SET revoked_at = ?3 WHERE id = ?1 AND org_id = ?2 AND ${open}`)
          .bind(invitation, id, nowMs),
      ]);
      return updated?.meta.changes === 1;
    },
    async findInvitation(invitation, hash, nowMs) {
      const [found] = await run([
        db
          .prepare(`SELECT org_id, role, email FROM invitations WHERE id = ?1 AND hash = ?2 AND ${open}`)
          .bind(invitation, hash, nowMs),
      ]);
      if (found?.results[0] === undefined) return null;
      const { org_id, role, email } = foundSchema.parse(found.results[0]);
      const [org] = await run([selectOrg(org_id)]);
      return { org: orgSchema.parse(org?.results[0]), role, email };
    },
    async accept(invitation, hash, userId, nowMs) {
      const meant = `id = ?1 AND hash = ?2 AND ${open}
        AND (email IS NULL OR email = (SELECT email FROM users WHERE id = ?4))`;
      const isIn = 'EXISTS (SELECT 1 FROM members WHERE org_id = invitations.org_id AND user_id = ?4)';
      const keys = [invitation, hash, nowMs, userId] as const;
      const [asked, , updated] = await run([
        db.prepare(`SELECT org_id FROM invitations WHERE ${meant}`).bind(...keys),
        db
          .prepare(
            `INSERT INTO members (org_id, user_id, role, created_at)
             SELECT org_id, ?4, role, ?3 FROM invitations WHERE ${meant} AND ${roomIn('invitations.org_id')} ON CONFLICT DO NOTHING`,
          )
          .bind(...keys),
        db
          .prepare(`UPDATE invitations SET accepted_by = ?4 WHERE ${meant} AND ${isIn} RETURNING org_id`)
          .bind(...keys),
        noteAccepted(db, { id: invitation, hash }, userId, nowMs),
      ]);
      const row = updated?.results[0];
      if (row === undefined && asked?.results.length === 1) throw noRoom('joining an organisation', {});
      return row === undefined
        ? null
        : foundSchema.shape.org_id.parse(z.object({ org_id: z.string() }).parse(row).org_id);
    },
  };
}

const foundSchema = z.object({
  org_id: orgSchema.shape.id,
  role: memberRoleSchema,
  email: z.string().nullable(),
});
