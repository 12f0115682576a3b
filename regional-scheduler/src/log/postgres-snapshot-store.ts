/**
 * Parts are written one by one: in one transaction they would hold back what arrives (postgres-arrivals.ts). What an
 * attempt that failed has left goes before the next; that of another which is still at it may go too, so that its parts
 * are counted before they are called a snapshot, and one at a time counts or removes.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Database } from '../db/database.ts';
import type { ArrivalPoint } from './event-log.ts';
import type { SnapshotHead, SnapshotStore } from './snapshot-store.ts';

/** Any constant: the name of this lock in Postgres. */
const lockName = 4_823_109;

export function createPostgresSnapshotStore({ $client: sql }: Database): SnapshotStore {
  async function stand({ seq, watermark }: SnapshotHead, parts: number): Promise<void> {
    await sql.begin(async (sql) => {
      await sql`select pg_advisory_xact_lock(${lockName})`;
      const [kept] = await sql<{ count: number }[]>`
        select count(*)::int as count from snapshot_parts where seq = ${seq}`;
      if (kept?.count !== parts) throw removedMeanwhile(seq);
      await sql`insert into snapshots (seq, watermark, parts)
                values (${seq}, ${JSON.stringify(watermark)}::text::json, ${parts}) on conflict do nothing`;
    });
  }
  async function readPart(seq: number, part: number): Promise<Buffer> {
    const [found] = await sql<{ bytes: Buffer }[]>`
      select bytes from snapshot_parts where seq = ${seq} and part = ${part}`;
    if (!found) throw new Error(`part ${part} of snapshot ${seq} is missing`);
    return found.bytes;
  }
  /** The server sends the next few while the reader is at one. */
  async function* readAhead(seq: number, parts: number): AsyncGenerator<Buffer> {
    const coming: Promise<Buffer>[] = [];
    for (let part = 0; part < parts || coming.length > 0; part++) {
      if (part < parts) coming.push(readPart(seq, part));
      // Whoever waits for it hears of its failure.
      coming.at(-1)?.catch(() => {});
      const next = part >= limits.scheduler.partsAhead ? coming.shift() : undefined;
      if (next) yield await next;
    }
  }
  return {
    async save(head, parts) {
      const { seq } = head;
      const [first] = await sql`select 1 from snapshots where seq = ${seq}`;
      if (first) return;
      await sql.begin(async (sql) => {
        await sql`select pg_advisory_xact_lock(${lockName})`;
        await sql`delete from snapshot_parts where seq not in (select seq from snapshots)`;
      });
      let part = 0;
      for await (const bytes of parts) {
        await sql`insert into snapshot_parts (seq, part, bytes) values (${seq}, ${part}, ${Buffer.from(bytes)})
                  on conflict (seq, part) do update set bytes = excluded.bytes`;
        part++;
      }
      await stand(head, part);
    },
    async newest() {
      const [row] = await sql<{ seq: string; watermark: ArrivalPoint; parts: number }[]>`
        select seq::text, watermark, parts from snapshots order by snapshots.seq desc limit 1`;
      if (!row) return null;
      const seq = Number(row.seq);
      return { seq, watermark: row.watermark, parts: () => readAhead(seq, row.parts) };
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

const removedMeanwhile = (seq: number): CellbookError =>
  new CellbookError('conflict', {
    doing: 'keeping a snapshot of the log',
    problem: 'another attempt has removed its parts',
    ids: { seq },
  });
