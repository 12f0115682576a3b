/**
 * The pin documents: the newest in KV, which is read everywhere at little cost, and all of them in D1, which
 * decides that an epoch has one document and is read where KV fails.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import { createBatch } from './d1-batch.ts';

const kvKey = 'pins';
const rowSchema = z.object({ epoch: z.int(), jws: z.string() });

export interface PinStore {
  /** The newest document; throws where there is none, or neither store can be read. */
  newest(): Promise<string>;
  /**
   * Keeps the document unless there is one of its epoch or a higher one: then what there is. The same document
   * again is no conflict, so that a publisher may repeat what it does not know to have happened.
   */
  publish(epoch: number, jws: string): Promise<{ published: boolean; epoch: number }>;
}

export function createPinStore(deps: { kv: KVNamespace; db: D1Database; clock: Clock }): PinStore {
  const { kv, db, clock } = deps;
  const run = createBatch(db, clock);
  const details = { code: 'store_unavailable', doing: 'reading pins from KV' } as const;
  const fromKv = () =>
    withDeadline(clock, limits.edge.pinsKvMsMax, details, () => kv.get(kvKey)).catch(() => null);
  const newestRow = db.prepare('SELECT epoch, jws FROM pins ORDER BY epoch DESC LIMIT 1');

  return {
    async newest() {
      const kept = await fromKv();
      if (kept !== null) return kept;
      const [found] = await run([newestRow]);
      const row = found?.results[0];
      if (row === undefined) throw new Error('no pins have been published');
      return rowSchema.parse(row).jws;
    },
    async publish(epoch, jws) {
      const [, found] = await run([
        db
          .prepare(
            `INSERT INTO pins (epoch, jws, published_at)
             SELECT ?1, ?2, ?3 WHERE NOT EXISTS (SELECT 1 FROM pins WHERE epoch >= ?1)`,
          )
          .bind(epoch, jws, clock.nowMs()),
        newestRow,
        db.prepare('DELETE FROM pins WHERE epoch <= ?').bind(epoch - limits.pins.documentsKept),
      ]);
      const newest = rowSchema.parse(found?.results[0]);
      const published = newest.epoch === epoch && newest.jws === jws;
      if (published) await kv.put(kvKey, jws);
      return { published, epoch: newest.epoch };
    },
  };
}
