/** Keys on D1. Each method is one statement, or one batch, which D1 runs as a transaction. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import { createBatch } from '../directory/d1-batch.ts';
import { type KeyRow, type KeyStore, type KeysOf, keyRowSchema, tooManyKeys } from './key-store.ts';

const { tokensPerUserMax, tokensKeptPerUserMax, keysListedMax } = limits.edge;

const columns = `id, user_id AS userId, org_id AS orgId, name, scopes, hint, created_by AS createdBy,
  created_at AS createdAtMs, expires_at AS expiresAtMs, last_used_at AS lastUsedAtMs`;

/** `?1` is the moment, `?2` the user or null, `?3` the organisation or null. */
const liveOf = `revoked_at IS NULL AND expires_at > ?1
  AND (?2 IS NULL OR user_id = ?2) AND (?3 IS NULL OR org_id = ?3)`;

export function createD1KeyStore({ db, clock }: { db: D1Database; clock: Clock }): KeyStore {
  const run = createBatch(db, clock);
  const asked = (of: KeysOf, nowMs: number) =>
    [nowMs, 'userId' in of ? of.userId : null, of.orgId ?? null] as const;

  return {
    async create(key, nowMs) {
      const { id, userId, orgId, name, scopes, hash, hint, createdBy, createdAtMs, expiresAtMs } = key;
      const live = 'user_id = ?2 AND expires_at > ?11';
      const results = await run([
        db
          .prepare(
            `INSERT INTO api_keys (id, user_id, org_id, name, scopes, hash, hint, created_by, created_at, expires_at)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10
             WHERE ?12 > (SELECT count(*) FROM api_keys WHERE ${live} AND revoked_at IS NULL)
               AND ?13 > (SELECT count(*) FROM api_keys WHERE ${live})
             ON CONFLICT (id) DO NOTHING`,
          )
          .bind(
            ...[id, userId, orgId, name, scopes === null ? null : JSON.stringify(scopes), hash, hint],
            ...[createdBy, createdAtMs, expiresAtMs, nowMs, tokensPerUserMax, tokensKeptPerUserMax],
          ),
        db.prepare(`SELECT ${columns} FROM api_keys WHERE id = ? AND user_id = ?`).bind(id, userId),
      ]);
      const row = results[1]?.results[0];
      if (!row) throw tooManyKeys(userId);
      return parseRow(row);
    },
    async list(of, nowMs) {
      const [found] = await run([
        db
          .prepare(
            `SELECT ${columns} FROM api_keys WHERE ${liveOf} ORDER BY created_at DESC, rowid DESC LIMIT ?4`,
          )
          .bind(...asked(of, nowMs), keysListedMax),
      ]);
      return (found?.results ?? []).map(parseRow);
    },
    async revoke(of, id, nowMs) {
      const [, updated] = await run([
        db
          .prepare(
            `INSERT INTO revocations SELECT id, expires_at FROM api_keys WHERE ${liveOf} AND id = ?4
             ON CONFLICT DO NOTHING`,
          )
          .bind(...asked(of, nowMs), id),
        db
          .prepare(`UPDATE api_keys SET revoked_at = ?1 WHERE ${liveOf} AND id = ?4`)
          .bind(...asked(of, nowMs), id),
      ]);
      return updated?.meta.changes === 1;
    },
    async used(id, atMs) {
      await run([
        db
          .prepare('UPDATE api_keys SET last_used_at = max(coalesce(last_used_at, 0), ?2) WHERE id = ?1')
          .bind(id, atMs),
      ]);
    },
  };
}

const storedScopes = z.looseObject({ scopes: z.string().nullable() });

function parseRow(row: unknown): KeyRow {
  const { scopes, ...rest } = storedScopes.parse(row);
  return keyRowSchema.parse({ ...rest, scopes: scopes === null ? null : JSON.parse(scopes) });
}
