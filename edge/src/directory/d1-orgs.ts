/** Organisations and their members on D1. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { auditPolicySchema } from '@cellbook/shared/protocol/principal.ts';
import { z } from 'zod';
import { createBatch, noteChange } from './d1-batch.ts';
import { d1Invitations } from './d1-invitations.ts';
import { d1Members } from './d1-members.ts';
import { d1Teams } from './d1-teams.ts';
import { taken, tooMany } from './org-refusals.ts';
import { membershipSchema, type Org, type Orgs, orgSchema } from './orgs.ts';

const columns = `orgs.id, orgs.name, orgs.kind, orgs.tier, org_policies.region, orgs.email_domain AS emailDomain,
  orgs.created_at AS createdAtMs`;
const from = 'FROM orgs LEFT JOIN org_policies ON org_policies.org_id = orgs.id';

/** Grows, also where another edge's clock was ahead: who has read a policy knows it by its time. */
const laterPolicy = 'changed_at = max(changed_at + 1, excluded.changed_at)';

export function createD1Orgs({ db, clock }: { db: D1Database; clock: Clock }): Orgs {
  const run = createBatch(db, clock);
  const select = (id: string) => db.prepare(`SELECT ${columns} ${from} WHERE orgs.id = ?`).bind(id);
  const orgIn = (result: D1Result | undefined): Org | null => {
    const row = result?.results[0];
    return row === undefined ? null : orgSchema.parse(row);
  };

  return {
    ...d1Members(db, run),
    ...d1Invitations(db, run, select),
    ...d1Teams(db, run),
    async create({ id, name, ownerId }, nowMs) {
      const results = await run([
        db
          .prepare(
            `INSERT INTO orgs (id, name, tier, created_at, kind, created_by) SELECT ?1, ?2, 'free', ?3, 'shared', ?4
             WHERE ?5 > (SELECT count(*) FROM orgs WHERE created_by = ?4) ON CONFLICT (id) DO NOTHING`,
          )
          .bind(id, name, nowMs, ownerId, limits.edge.orgsMadePerUserMax),
        // One without members has just been made: a repeated request gives nobody back what he lost meanwhile.
        db
          .prepare(
            `INSERT INTO members (org_id, user_id, role, created_at)
             SELECT id, created_by, 'admin', created_at FROM orgs WHERE id = ?1 AND created_by = ?2
             AND NOT EXISTS (SELECT 1 FROM members WHERE org_id = ?1)`,
          )
          .bind(id, ownerId),
        select(id),
      ]);
      const made = orgIn(results[2]);
      if (made) return made;
      throw tooMany('organisations of yours', limits.edge.orgsMadePerUserMax, 'creating an organisation', {
        user: ownerId,
      });
    },
    async get(id) {
      const [result] = await run([select(id)]);
      return orgIn(result);
    },
    async listOf(userId) {
      const [result] = await run([
        db
          .prepare(
            `SELECT ${columns}, members.role ${from} JOIN members ON members.org_id = orgs.id
             WHERE members.user_id = ? ORDER BY orgs.kind, orgs.name, orgs.id`,
          )
          .bind(userId),
      ]);
      return z.array(membershipSchema).parse(result?.results);
    },
    async rename(id, name) {
      const [, result] = await run([
        db.prepare('UPDATE orgs SET name = ? WHERE id = ?').bind(name, id),
        select(id),
      ]);
      return orgIn(result);
    },
    async auditPolicy(id) {
      const [found] = await run([db.prepare('SELECT audit FROM org_policies WHERE org_id = ?').bind(id)]);
      const [row] = z.array(z.object({ audit: z.string() })).parse(found?.results);
      return auditPolicySchema.parse(row ? JSON.parse(row.audit) : {});
    },
    async setAuditPolicy(id, policy, nowMs) {
      await run([
        db
          .prepare(
            `INSERT INTO org_policies (org_id, audit, changed_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (org_id) DO UPDATE SET audit = excluded.audit, ${laterPolicy}`,
          )
          .bind(id, JSON.stringify(policy), nowMs),
      ]);
    },
    async setPolicy(id, { tier, region, emailDomain, quotas }, nowMs) {
      const free =
        'NOT EXISTS (SELECT 1 FROM orgs AS other WHERE other.email_domain = ?1 AND other.id <> ?2)';
      const known = 'EXISTS (SELECT 1 FROM orgs WHERE id = ?1 AND email_domain IS ?5)';
      const [updated, , , result] = await run([
        db
          .prepare(`UPDATE orgs SET email_domain = ?1, tier = ?3 WHERE id = ?2 AND ${free}`)
          .bind(emailDomain, id, tier),
        db
          .prepare(
            `INSERT INTO org_policies (org_id, region, quotas, changed_at) SELECT ?1, ?2, ?3, ?4 WHERE ${known}
             ON CONFLICT (org_id) DO UPDATE SET region = excluded.region, quotas = excluded.quotas,
               ${laterPolicy}`,
          )
          .bind(id, region, JSON.stringify(quotas), nowMs, emailDomain),
        noteChange(db, id, nowMs),
        select(id),
      ]);
      const org = orgIn(result);
      if (org === null || updated?.meta.changes === 1) return org;
      throw taken('organisation has this e-mail domain', `setting the policy of ${id}`, { org: id });
    },
  };
}
