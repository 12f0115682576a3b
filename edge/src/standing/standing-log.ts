/**
 * The log of ended and changed rights in the directory, numbered in the order of their commits (D1 writes one
 * transaction at a time). Triggers write it (migrations/0011_standing_log.sql), rows live for two days.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { factSchema, type Told } from '@cellbook/shared/protocol/standing-api.ts';
import { z } from 'zod';
import { createBatch } from '../directory/d1-batch.ts';

export interface StandingLog {
  /** What is numbered above, oldest first, as far as one document holds it. */
  after(seq: number): Promise<Told>;
  /** The newest few. */
  newest(): Promise<Told>;
}

const { pageFactsMax, tellFactsMax } = limits.standing;
const rowSchema = factSchema.extend({ seq: z.int() });
const columns = 'seq, kind, subject, ms';

export function createD1StandingLog({ db, clock }: { db: D1Database; clock: Clock }): StandingLog {
  const run = createBatch(db, clock);
  const rowsOf = (found: D1Result | undefined) => z.array(rowSchema).parse(found?.results ?? []);
  const factsOf = (rows: z.infer<typeof rowSchema>[]) => rows.map(({ seq: _number, ...fact }) => fact);

  return {
    async after(seq) {
      const [newest, found] = await run([
        db.prepare('SELECT coalesce(max(seq), 0) AS seq FROM standing_log'),
        // A number that was never given: the directory is an older copy of itself, and all of it is told again.
        db
          .prepare(
            `SELECT ${columns} FROM standing_log
             WHERE seq > iif(?1 > (SELECT coalesce(max(seq), 0) FROM standing_log), 0, ?1) ORDER BY seq LIMIT ?2`,
          )
          .bind(seq, pageFactsMax + 1),
      ]);
      const last = z.object({ seq: z.int() }).parse(newest?.results[0]).seq;
      const rows = rowsOf(found);
      const page = rows.slice(0, pageFactsMax);
      const more = rows.length > page.length;
      const upTo = more ? (page.at(-1)?.seq ?? last) : last;
      return { after: seq > last ? 0 : seq, upTo, more, facts: factsOf(page) };
    },
    async newest() {
      const [found] = await run([
        db.prepare(`SELECT ${columns} FROM standing_log ORDER BY seq DESC LIMIT ?`).bind(tellFactsMax),
      ]);
      const rows = rowsOf(found).reverse();
      const isAll = rows.length < tellFactsMax;
      const [first, last] = [rows.at(0)?.seq ?? 1, rows.at(-1)?.seq ?? 0];
      return { after: isAll ? 0 : first - 1, upTo: last, more: false, facts: factsOf(rows) };
    },
  };
}
