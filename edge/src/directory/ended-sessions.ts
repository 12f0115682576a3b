/**
 * One person's ended sessions, on D1. Each is a revocation until it would have ended by itself, and whoever signs in
 * and out in a loop would make as many as he likes. So the newest `endedSessionsPerUserMax` stand by themselves;
 * older ones become one mark, a revocation under his own id, "every session of his that would end by then is ended"
 * (revoked.ts). Live sessions are bounded in the same way: with one more than `sessionsPerUserMax` the oldest end.
 * What the mark ends is no row of his any more. Run in the transaction that ends or begins a session.
 */
import { limits } from '@cellbook/shared/limits.ts';

const { endedSessionsPerUserMax, sessionsPerUserMax } = limits.edge;

export const boundEnded = (db: D1Database, userId: string): D1PreparedStatement[] => [
  mark(db, userId, 'ended_sessions', 'until', endedSessionsPerUserMax),
  ...forgetMarked(db, userId),
];

export const boundLive = (db: D1Database, userId: string): D1PreparedStatement[] => [
  mark(db, userId, 'sessions', 'expires_at', sessionsPerUserMax),
  ...forgetMarked(db, userId),
];

const later = 'ON CONFLICT (id) DO UPDATE SET until = max(until, excluded.until)';

/** Sessions of one second end together: strictly less, so that the newest are never among those marked. */
function mark(
  db: D1Database,
  userId: string,
  table: 'sessions' | 'ended_sessions',
  end: 'expires_at' | 'until',
  max: number,
): D1PreparedStatement {
  const oldestKept = `(SELECT ${end} FROM ${table} WHERE user_id = ?1 ORDER BY ${end} DESC LIMIT 1 OFFSET ?2)`;
  return db
    .prepare(
      `INSERT INTO revocations (id, until) SELECT ?1, max(${end}) FROM ${table}
       WHERE user_id = ?1 AND ${end} < ${oldestKept} HAVING max(${end}) IS NOT NULL ${later}`,
    )
    .bind(userId, max - 1);
}

function forgetMarked(db: D1Database, userId: string): D1PreparedStatement[] {
  const marked = '(SELECT until FROM revocations WHERE id = ?1)';
  return [
    `DELETE FROM revocations WHERE id IN (SELECT id FROM ended_sessions WHERE user_id = ?1 AND until <= ${marked})`,
    `DELETE FROM ended_sessions WHERE user_id = ?1 AND until <= ${marked}`,
    `DELETE FROM sessions WHERE user_id = ?1 AND expires_at <= ${marked}`,
  ].map((sql) => db.prepare(sql).bind(userId));
}
