/** The directory on D1. Each method is one statement, or one batch, which D1 runs as a transaction. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { apiKeyIdSchema, newOrgId, newUserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { z } from 'zod';
import { personSchema } from '../identity/identity.ts';
import type { Directory, TokenRow } from './directory.ts';
import { tooManyTokens } from './memory-directory.ts';

const tokenRowSchema = z.object({
  id: apiKeyIdSchema,
  name: z.string(),
  hint: z.string(),
  created_at: z.int(),
  expires_at: z.int(),
});

const { tokensPerUserMax, tokensKeptPerUserMax } = limits.edge;

export function createD1Directory(deps: { db: D1Database; clock: Clock; random: Random }): Directory {
  const { db, clock, random } = deps;
  const run = (statements: D1PreparedStatement[]) => answered(clock, db.batch(statements));

  return {
    async findOrCreatePerson(email, name, region) {
      const [org, user, nowMs] = [newOrgId(random), newUserId(random), clock.nowMs()];
      const address = email.toLowerCase();
      const results = await run([
        db
          .prepare(
            `INSERT INTO orgs SELECT ?1, ?2, 'free', ?3 WHERE NOT EXISTS (SELECT 1 FROM users WHERE email = ?4)`,
          )
          .bind(org, name, nowMs, address),
        db
          .prepare('INSERT INTO users VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (email) DO NOTHING')
          .bind(user, address, name, org, region, nowMs),
        db
          .prepare(
            `SELECT users.id AS sub, users.home_org_id AS org, users.name, orgs.tier, users.region
             FROM users JOIN orgs ON orgs.id = users.home_org_id WHERE users.email = ?`,
          )
          .bind(address),
      ]);
      return personSchema.parse(results[2]?.results[0]);
    },
    async createToken({ id, userId, name, hash, hint, createdAtMs, expiresAtMs }, nowMs) {
      const results = await run([
        db
          .prepare(
            `INSERT INTO tokens (id, user_id, name, hash, hint, created_at, expires_at)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE ?8 > (
               SELECT count(*) FROM tokens WHERE user_id = ?2 AND revoked_at IS NULL AND expires_at > ?9)
             AND ?10 > (SELECT count(*) FROM tokens WHERE user_id = ?2 AND expires_at > ?9)
             ON CONFLICT (id) DO NOTHING`,
          )
          .bind(
            id,
            userId,
            name,
            hash,
            hint,
            createdAtMs,
            expiresAtMs,
            tokensPerUserMax,
            nowMs,
            tokensKeptPerUserMax,
          ),
        db.prepare('SELECT * FROM tokens WHERE id = ? AND user_id = ?').bind(id, userId),
      ]);
      const row = results[1]?.results[0];
      if (!row) throw tooManyTokens(userId);
      return tokenOf(row);
    },
    async listTokens(userId, nowMs) {
      const [found] = await run([
        db
          .prepare(
            `SELECT * FROM tokens WHERE user_id = ? AND revoked_at IS NULL AND expires_at > ?
             ORDER BY created_at DESC, rowid DESC`,
          )
          .bind(userId, nowMs),
      ]);
      return (found?.results ?? []).map(tokenOf);
    },
    async revokeToken(userId, id, nowMs) {
      const live = 'id = ?1 AND user_id = ?2 AND revoked_at IS NULL AND expires_at > ?3';
      const [, updated] = await run([
        db
          .prepare(
            `INSERT INTO revocations SELECT id, expires_at FROM tokens WHERE ${live} ON CONFLICT DO NOTHING`,
          )
          .bind(id, userId, nowMs),
        db.prepare(`UPDATE tokens SET revoked_at = ?3 WHERE ${live}`).bind(id, userId, nowMs),
      ]);
      return updated?.meta.changes === 1;
    },
    async revokeSession(id, untilMs) {
      await run([
        db
          .prepare(
            'INSERT INTO revocations VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET until = max(until, excluded.until)',
          )
          .bind(id, untilMs),
        db.prepare('DELETE FROM revocations WHERE until <= ?').bind(clock.nowMs()),
      ]);
    },
    async revocations(nowMs) {
      const [found] = await run([
        db
          .prepare('SELECT id FROM revocations WHERE until > ? ORDER BY until DESC LIMIT ?')
          .bind(nowMs, limits.edge.revocationsMax),
      ]);
      return (found?.results ?? []).map((row) => z.object({ id: z.string() }).parse(row).id);
    },
  };
}

function tokenOf(row: unknown): TokenRow {
  const { id, name, hint, created_at, expires_at } = tokenRowSchema.parse(row);
  return { id, name, hint, createdAtMs: created_at, expiresAtMs: expires_at };
}

const asking = {
  code: 'store_unavailable',
  doing: 'asking the directory',
  next: 'Try again in a few seconds.',
} as const;

async function answered<Value>(clock: Clock, work: Promise<Value>): Promise<Value> {
  try {
    return await withDeadline(clock, limits.edge.directoryMsMax, asking, () => work);
  } catch (cause) {
    if (cause instanceof CellbookError) throw cause;
    throw new CellbookError('store_unavailable', {
      doing: 'asking the directory',
      problem: 'it cannot be reached at the moment',
      next: 'Try again in a few seconds.',
      retryAfterMs: limits.edge.unreachableRetryAfterMs,
      cause,
    });
  }
}
