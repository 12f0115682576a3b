/**
 * The statements of a sign-in, in the order they run in one transaction:
 *
 *   1  an address that the same provider now gives to another subject leaves the person who had it
 *   2  nobody of this identity or address yet: a personal organisation, the person, his membership
 *   3  the identity is his from now on; his name and verified address are what the provider says today
 *   4  he becomes a member where the address's domain or an invitation to it says so, and there is room
 *   5  teams filled by the provider's groups have him or no longer have him
 */
import { laterThanAll } from './d1-batch.ts';
import { roomIn } from './members-limit.ts';
import type { Login } from './people.ts';

export interface Drawn {
  userId: string;
  orgId: string;
  name: string;
  region: string;
  nowMs: number;
}

/** The person of the identity (?1, ?2). */
export const byIdentity = '(SELECT user_id FROM identities WHERE issuer = ?1 AND subject = ?2)';

export function byAddress(db: D1Database, email: string, drawn: Drawn): D1PreparedStatement[] {
  return creation(db, '(SELECT id FROM users WHERE email = ?1)', [email, ''], email, drawn);
}

export function signInStatements(db: D1Database, login: Login, drawn: Drawn): D1PreparedStatement[] {
  const { issuer, subject, email } = login;
  const known = `coalesce(${byIdentity}, (SELECT id FROM users WHERE email = ?3))`;
  return [
    db
      .prepare(
        `UPDATE users SET email = NULL WHERE email = ?3 AND id IS NOT ${byIdentity}
         AND EXISTS (SELECT 1 FROM identities WHERE user_id = users.id AND issuer = ?1)`,
      )
      .bind(issuer, subject, email),
    ...creation(db, known, [issuer, subject], email, drawn),
    db
      .prepare(
        `INSERT INTO identities (issuer, subject, user_id, created_at)
         SELECT ?1, ?2, coalesce((SELECT id FROM users WHERE id = ?4), (SELECT id FROM users WHERE email = ?3)), ?5
         WHERE ${byIdentity} IS NULL`,
      )
      .bind(issuer, subject, email, drawn.userId, drawn.nowMs),
    db.prepare(`UPDATE users SET name = ?3 WHERE id = ${byIdentity}`).bind(issuer, subject, login.name),
    db
      .prepare(
        `UPDATE users SET email = ?3 WHERE id = ${byIdentity}
         AND ?3 IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users WHERE email = ?3)`,
      )
      .bind(issuer, subject, email),
    ...(email === null ? [] : joining(db, login, email, drawn.nowMs)),
    ...(login.groups === null ? [] : teaming(db, login, login.groups)),
  ];
}

/** `known`: SQL for who it is already, over ?1, ?2 and the address as ?3. */
function creation(
  db: D1Database,
  known: string,
  [first, second]: [string, string],
  email: string | null,
  { userId, orgId, name, region, nowMs }: Drawn,
): D1PreparedStatement[] {
  const keys = [first, second, email] as const;
  return [
    db
      .prepare(
        `INSERT INTO orgs (id, name, tier, created_at) SELECT ?4, ?5, 'free', ?6 WHERE ${known} IS NULL AND ?2 = ?2 AND ?3 IS ?3`,
      )
      .bind(...keys, orgId, name, nowMs),
    db
      .prepare(
        `INSERT INTO users (id, email, name, home_org_id, region, created_at)
         SELECT ?4, ?3, ?5, ?6, ?7, ?8 WHERE ${known} IS NULL AND ?2 = ?2`,
      )
      .bind(...keys, userId, name, orgId, region, nowMs),
    db
      .prepare(
        `INSERT INTO members (org_id, user_id, role, created_at)
         SELECT home_org_id, id, 'admin', created_at FROM users WHERE id = ?`,
      )
      .bind(userId),
  ];
}

function joining(db: D1Database, login: Login, email: string, nowMs: number): D1PreparedStatement[] {
  const { issuer, subject } = login;
  const domain = email.slice(email.lastIndexOf('@') + 1);
  const open = 'email = ?3 AND accepted_by IS NULL AND revoked_at IS NULL AND expires_at > ?4';
  return [
    db
      .prepare(
        `INSERT INTO members (org_id, user_id, role, created_at)
         SELECT id, ${byIdentity}, 'member', ?4 FROM orgs WHERE email_domain = ?3 AND ${roomIn('orgs.id')}
         ON CONFLICT DO NOTHING`,
      )
      .bind(issuer, subject, domain, nowMs),
    db
      .prepare(
        `UPDATE users SET last_org_id = (SELECT id FROM orgs WHERE email_domain = ?3)
         WHERE id = ${byIdentity} AND last_org_id IS NULL`,
      )
      .bind(issuer, subject, domain),
    db
      .prepare(
        `INSERT INTO members (org_id, user_id, role, created_at)
         SELECT org_id, ${byIdentity}, role, ?4 FROM invitations WHERE ${open} AND ${roomIn('invitations.org_id')}
         ON CONFLICT DO NOTHING`,
      )
      .bind(issuer, subject, email, nowMs),
    db
      .prepare(
        `UPDATE invitations SET accepted_by = ${byIdentity} WHERE ${open}
         AND EXISTS (SELECT 1 FROM members WHERE org_id = invitations.org_id AND user_id = ${byIdentity})`,
      )
      .bind(issuer, subject, email, nowMs),
    // Who comes back: edges may still hold that he is no member.
    db
      .prepare(
        `UPDATE changes SET at = ${laterThanAll('?3')} WHERE subject IN
         (SELECT user_id || ' ' || org_id FROM members WHERE user_id = ${byIdentity} AND created_at = ?3)`,
      )
      .bind(issuer, subject, nowMs),
  ];
}

function teaming(db: D1Database, login: Login, groups: readonly string[]): D1PreparedStatement[] {
  const { issuer, subject } = login;
  const filled = 'SELECT id FROM teams WHERE provider_group IN (SELECT value FROM json_each(?3))';
  const keys = [issuer, subject, JSON.stringify(groups)] as const;
  return [
    db
      .prepare(
        `DELETE FROM team_members WHERE user_id = ${byIdentity} AND source = 'provider'
         AND team_id NOT IN (${filled})`,
      )
      .bind(...keys),
    db
      .prepare(
        `INSERT INTO team_members (team_id, user_id, source)
         SELECT teams.id, members.user_id, 'provider' FROM teams
         JOIN members ON members.org_id = teams.org_id AND members.user_id = ${byIdentity}
         WHERE teams.id IN (${filled}) ON CONFLICT DO NOTHING`,
      )
      .bind(...keys),
  ];
}
