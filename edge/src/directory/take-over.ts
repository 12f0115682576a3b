/**
 * An account that a provider has never vouched for was made by the development sign-in, by whoever wrote the address
 * into a form. When a provider vouches for that address it becomes the account of who has it: in that transaction,
 * before the identity is his, all that its maker could still come in by is ended: sessions, keys (also those that he
 * made for service accounts: he has seen them), links that he sent out, command lines that he has let in. What he made
 * (files, organisations and who is in them, service accounts) stays and goes over.
 */
import type { Login, TakenOver } from './people.ts';
import { byIdentity } from './sign-in-statements.ts';

const madeByForm = `(SELECT id FROM users WHERE email = ?3 AND ${byIdentity} IS NULL
  AND NOT EXISTS (SELECT 1 FROM identities WHERE user_id = users.id))`;
const liveKeys = `(user_id = ${madeByForm} OR created_by = ${madeByForm}) AND revoked_at IS NULL AND expires_at > ?4`;
const liveSessions = `user_id = ${madeByForm} AND expires_at > ?4`;

/** They come first in the sign-in's transaction: `takenOver` looks for their results there. */
export function takeOverStatements(db: D1Database, login: Login, nowMs: number): D1PreparedStatement[] {
  const { issuer, subject, email } = login;
  if (email === null) return [];
  return [
    `UPDATE device_requests SET state = 'denied' WHERE user_id = ${madeByForm} AND state = 'approved' AND ?4 = ?4`,
    `INSERT INTO revocations SELECT id, expires_at FROM api_keys WHERE ${liveKeys} ON CONFLICT DO NOTHING`,
    `UPDATE api_keys SET revoked_at = ?4 WHERE ${liveKeys}`,
    `INSERT INTO revocations SELECT id, expires_at FROM sessions WHERE ${liveSessions} ON CONFLICT DO NOTHING`,
    `DELETE FROM sessions WHERE ${liveSessions}`,
    `UPDATE invitations SET revoked_at = ?4
     WHERE invited_by = ${madeByForm} AND accepted_by IS NULL AND revoked_at IS NULL AND expires_at > ?4`,
  ].map((sql) => db.prepare(sql).bind(issuer, subject, email, nowMs));
}

/** Null: nobody could have come in. */
export function takenOver(login: Login, results: readonly D1Result[]): TakenOver | null {
  if (login.email === null) return null;
  const [, , keys, , sessions] = results.map(({ meta }) => meta.changes);
  return keys || sessions ? { keys: keys ?? 0, sessions: sessions ?? 0 } : null;
}
