import type { Database } from '../db/database.ts';
import type { ArrivalPoint } from './event-log.ts';
import type { SnapshotStore } from './snapshot-store.ts';

export function createPostgresSnapshotStore({ $client: sql }: Database): SnapshotStore {
  return {
    async save({ seq, watermark }, parts) {
      let part = 0;
      for await (const bytes of parts) {
        await sql`insert into snapshot_parts (seq, part, bytes) values (${seq}, ${part}, ${Buffer.from(bytes)})
                  on conflict (seq, part) do update set bytes = excluded.bytes`;
        part++;
      }
      await sql`insert into snapshots (seq, watermark, parts) values (${seq}, ${JSON.stringify(watermark)}::text::json, ${part})
                on conflict do nothing`;
    },
    async newest() {
      const [row] = await sql<{ seq: string; watermark: ArrivalPoint; parts: number }[]>`
        select seq::text, watermark, parts from snapshots order by snapshots.seq desc limit 1`;
      if (!row) return null;
      const seq = Number(row.seq);
      async function* parts() {
        for (let part = 0; part < (row?.parts ?? 0); part++) {
          const [found] = await sql<{ bytes: Buffer }[]>`
            select bytes from snapshot_parts where seq = ${seq} and part = ${part}`;
          if (!found) throw new Error(`part ${part} of snapshot ${seq} is missing`);
          yield found.bytes;
        }
      }
      return { seq, watermark: row.watermark, parts };
    },
    async removeOlder(keep) {
      await sql`
        with old as (
          delete from snapshots where seq in (select seq from snapshots order by seq desc offset ${keep})
          returning seq
        )
        delete from snapshot_parts where seq in (select seq from old)`;
    },
  };
}
