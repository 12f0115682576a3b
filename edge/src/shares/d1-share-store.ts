import type { Clock } from '@cellbook/shared/clock.ts';
import { z } from 'zod';
import { createBatch } from '../directory/d1-batch.ts';
import { type ShareStore, sharesSchema } from './share-store.ts';

const rowSchema = z.object({ version: z.int(), shares: z.string() });

export function createD1ShareStore({ db, clock }: { db: D1Database; clock: Clock }): ShareStore {
  const run = createBatch(db, clock);
  return {
    async read(org) {
      const [found] = await run([
        db.prepare('SELECT version, shares FROM quota_shares WHERE org_id = ?').bind(org),
      ]);
      const [row] = z.array(rowSchema).parse(found?.results);
      if (!row) return { version: 0, shares: {} };
      return { version: row.version, shares: sharesSchema.parse(JSON.parse(row.shares)) };
    },
    async replace(org, version, shares) {
      const text = JSON.stringify(shares);
      const [written] = await run([
        version === 0
          ? db
              .prepare(
                'INSERT INTO quota_shares (org_id, version, shares) VALUES (?, 1, ?) ON CONFLICT DO NOTHING',
              )
              .bind(org, text)
          : db
              .prepare(
                'UPDATE quota_shares SET version = version + 1, shares = ?3 WHERE org_id = ?1 AND version = ?2',
              )
              .bind(org, version, text),
      ]);
      return written?.meta.changes === 1;
    },
  };
}
