/** The records of GPU regions (shared/src/protocol/region-record.ts) in the directory, which writes one at a time. */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { RegionId } from '@cellbook/shared/ids.ts';
import {
  changeRecord,
  noRecord,
  type RecordAnswer,
  type RecordChange,
  type RegionRecord,
  regionRecordSchema,
} from '@cellbook/shared/protocol/region-record.ts';
import { z } from 'zod';
import { createBatch } from '../directory/d1-batch.ts';

export interface RegionRecords {
  read(region: string): Promise<RegionRecord>;
  change(region: RegionId, change: RecordChange): Promise<RecordAnswer>;
}

const rowSchema = z.object({ body: z.string() });

export function createD1RegionRecords({ db, clock }: { db: D1Database; clock: Clock }): RegionRecords {
  const run = createBatch(db, clock);
  async function read(region: string): Promise<RegionRecord> {
    const [found] = await run([db.prepare('SELECT body FROM gpu_regions WHERE region = ?').bind(region)]);
    const row = rowSchema.optional().parse(found?.results[0]);
    return row ? regionRecordSchema.parse(JSON.parse(row.body)) : noRecord;
  }
  return {
    read,
    async change(region, change) {
      const record = await read(region);
      const after = changeRecord(record, change, clock.nowMs());
      if (typeof after === 'string') return { record, refused: after };
      const [written] = await run([
        db
          .prepare(
            `INSERT INTO gpu_regions (region, epoch, body) VALUES (?1, ?2, ?3)
             ON CONFLICT (region) DO UPDATE SET epoch = ?2, body = ?3 WHERE epoch = ?4`,
          )
          .bind(region, after.epoch, JSON.stringify(after), record.epoch),
      ]);
      if (written?.meta.changes === 1) return { record: after, refused: null };
      return { record: await read(region), refused: 'epoch' };
    },
  };
}
