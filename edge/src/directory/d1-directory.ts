/** The directory on D1. Each method is one statement, or one batch, which D1 runs as a transaction. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { z } from 'zod';
import { createBatch } from './d1-batch.ts';
import type { Directory } from './directory.ts';
import { heldOf } from './revoked.ts';

const rowSchema = z.object({ id: z.string(), until: z.int() });

export function createD1Directory({ db, clock }: { db: D1Database; clock: Clock }): Directory {
  const run = createBatch(db, clock);

  return {
    async revokeSession(id, untilMs) {
      await run([
        db
          .prepare(
            'INSERT INTO revocations VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET until = max(until, excluded.until)',
          )
          .bind(id, untilMs),
      ]);
    },
    async revocations(nowMs, max) {
      const [found] = await run([
        db
          .prepare('SELECT id, until FROM revocations WHERE until > ? ORDER BY until DESC LIMIT ?')
          .bind(nowMs, max + 1),
      ]);
      const rows = (found?.results ?? []).map((row) => rowSchema.parse(row));
      return heldOf(
        rows.map(({ id, until }) => [id, until] as const),
        max,
      );
    },
    async isRevoked({ jti, sub, via, exp }) {
      const [found] = await run([
        db
          .prepare('SELECT 1 FROM revocations WHERE id = ?1 OR (?2 AND id = ?3 AND until >= ?4)')
          .bind(jti, Number(via !== 'token'), sub, exp * 1_000),
      ]);
      return (found?.results.length ?? 0) > 0;
    },
  };
}
