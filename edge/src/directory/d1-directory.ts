/** The directory on D1. Each method is one statement, or one batch, which D1 runs as a transaction. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import { createBatch } from './d1-batch.ts';
import type { Directory } from './directory.ts';

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
