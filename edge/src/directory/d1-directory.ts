/** The directory on D1. Each method is one statement, or one batch, which D1 runs as a transaction. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { newOrgId, newUserId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { z } from 'zod';
import { personSchema } from '../identity/identity.ts';
import type { Directory } from './directory.ts';

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
            `INSERT INTO orgs (id, name, tier, created_at) SELECT ?1, ?2, 'free', ?3 WHERE NOT EXISTS (SELECT 1 FROM users WHERE email = ?4)`,
          )
          .bind(org, name, nowMs, address),
        db
          .prepare(
            'INSERT INTO users (id, email, name, home_org_id, region, created_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (email) DO NOTHING',
          )
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
