/** Where people are signed in, on D1. */
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import type { Batch } from './d1-batch.ts';
import { boundEnded, boundLive } from './ended-sessions.ts';
import { type People, sessionRowSchema } from './people.ts';

type Sessions = Pick<People, 'startSession' | 'listSessions' | 'seeSession' | 'endSession'>;

const columns = `id, org_id AS org, provider, browser, address, created_at AS createdAtMs,
  last_seen_at AS lastSeenAtMs, expires_at AS expiresAtMs`;

export function d1Sessions(db: D1Database, run: Batch): Sessions {
  return {
    async startSession(session) {
      await run([
        db
          .prepare(
            `INSERT INTO sessions (id, user_id, org_id, provider, browser, address, created_at, last_seen_at, expires_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET org_id = excluded.org_id`,
          )
          .bind(
            session.id,
            session.userId,
            session.org,
            session.provider,
            session.browser,
            session.address,
            session.createdAtMs,
            session.lastSeenAtMs,
            session.expiresAtMs,
          ),
        db
          .prepare('DELETE FROM sessions WHERE user_id = ? AND expires_at <= ?')
          .bind(session.userId, session.createdAtMs),
        ...boundLive(db, session.userId),
      ]);
    },
    async listSessions(userId, nowMs) {
      const [result] = await run([
        db
          .prepare(
            `SELECT ${columns} FROM sessions WHERE user_id = ? AND expires_at > ?
             ORDER BY created_at DESC, rowid DESC LIMIT ?`,
          )
          .bind(userId, nowMs, limits.edge.sessionsPerUserMax),
      ]);
      return z.array(sessionRowSchema).parse(result?.results);
    },
    async seeSession(id, nowMs) {
      await run([
        db
          .prepare('UPDATE sessions SET last_seen_at = ?2 WHERE id = ?1 AND last_seen_at < ?3')
          .bind(id, nowMs, nowMs - limits.edge.sessionSeenMs),
      ]);
    },
    async endSession(userId, id, nowMs) {
      const live = 'id = ?1 AND user_id = ?2 AND expires_at > ?3';
      const [, , deleted] = await run([
        db
          .prepare(
            `INSERT INTO revocations SELECT id, expires_at FROM sessions WHERE ${live} ON CONFLICT DO NOTHING`,
          )
          .bind(id, userId, nowMs),
        db
          .prepare(
            `INSERT INTO ended_sessions SELECT id, user_id, expires_at FROM sessions WHERE ${live} ON CONFLICT DO NOTHING`,
          )
          .bind(id, userId, nowMs),
        db.prepare(`DELETE FROM sessions WHERE ${live} RETURNING ${columns}`).bind(id, userId, nowMs),
        ...boundEnded(db, userId),
      ]);
      const row = deleted?.results[0];
      return row === undefined ? null : sessionRowSchema.parse(row);
    },
  };
}
