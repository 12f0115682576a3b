/**
 * The pin documents: the newest in KV, which is read everywhere at little cost but may be a minute behind, and
 * all of them in D1, which decides that an epoch has one document and is read where KV fails or will not do.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import { createBatch } from './d1-batch.ts';

const kvKey = 'pins';
const rowSchema = z.object({ epoch: z.int(), jws: z.string() });
type Document = z.infer<typeof rowSchema>;

export interface PinStore {
  /** Documents one of which is the newest; throws where no store can be read. `fresh`: both stores are asked. */
  newest(fresh: boolean): Promise<string[]>;
  /** The newest of those below an epoch; null where there is none. */
  newestBefore(epoch: number): Promise<string | null>;
  /**
   * Keeps the document unless there is one of its epoch or a higher one: then what there is. The same document
   * again is no conflict, so that a publisher may repeat what it does not know to have happened. `last` is what
   * was in use until now, which may have come by KV alone.
   */
  publish(next: Document, last: Document | null): Promise<{ published: boolean; epoch: number }>;
}

export function createPinStore(deps: { kv: KVNamespace; db: D1Database; clock: Clock }): PinStore {
  const { kv, db, clock } = deps;
  const run = createBatch(db, clock);
  const details = { code: 'store_unavailable', doing: 'reading pins from KV' } as const;
  const fromKv = () => withDeadline(clock, limits.edge.pinsKvMsMax, details, () => kv.get(kvKey));
  const newestRow = () => db.prepare('SELECT epoch, jws FROM pins ORDER BY epoch DESC LIMIT 1');
  const fromD1 = async () => {
    const [found] = await run([newestRow()]);
    const row = found?.results[0];
    return row === undefined ? null : rowSchema.parse(row).jws;
  };

  return {
    async newest(fresh) {
      const kept = fresh ? null : await fromKv().catch(() => null);
      if (kept !== null) return [kept];
      const [kvRead, d1Read] = await Promise.allSettled([fromKv(), fromD1()]);
      const read = [kvRead, d1Read].flatMap((one) =>
        one.status === 'fulfilled' && one.value ? [one.value] : [],
      );
      if (read.length === 0 && d1Read.status === 'rejected') throw d1Read.reason;
      return read;
    },
    async newestBefore(epoch) {
      const [found] = await run([
        db.prepare('SELECT epoch, jws FROM pins WHERE epoch < ? ORDER BY epoch DESC LIMIT 1').bind(epoch),
      ]);
      const row = found?.results[0];
      return row === undefined ? null : rowSchema.parse(row).jws;
    },
    async publish({ epoch, jws }, last) {
      const insert = (document: Document) =>
        db
          .prepare(
            `INSERT INTO pins (epoch, jws, published_at)
             SELECT ?1, ?2, ?3 WHERE NOT EXISTS (SELECT 1 FROM pins WHERE epoch >= ?1)`,
          )
          .bind(document.epoch, document.jws, clock.nowMs());
      const results = await run([
        ...(last && last.epoch < epoch ? [insert(last)] : []),
        insert({ epoch, jws }),
        db.prepare('DELETE FROM pins WHERE epoch <= ?').bind(epoch - limits.pins.documentsKept),
        newestRow(),
      ]);
      const newest = rowSchema.parse(results.at(-1)?.results[0]);
      const published = newest.epoch === epoch && newest.jws === jws;
      if (published) await kv.put(kvKey, jws);
      return { published, epoch: newest.epoch };
    },
  };
}
