/** What was signed of the edge's chain, on D1: read as a whole, thinned, and what a removal stands on. */
import type { ChainHead } from '@cellbook/shared/audit/chain.ts';
import { z } from 'zod';
import type { Batch } from '../directory/d1-batch.ts';

export interface EdgeStatement {
  kind: 'checkpoint' | 'removal';
  seq: number;
  atMs: number;
  jws: string;
}
type Named = Pick<EdgeStatement, 'kind' | 'seq'>;

const statementSchema = z
  .object({ kind: z.enum(['checkpoint', 'removal']), seq: z.int(), at: z.int(), jws: z.string() })
  .transform(({ at: atMs, ...rest }): EdgeStatement => ({ ...rest, atMs }));
const headSchema = z.object({ seq: z.int(), hash: z.string() });

export function d1Statements(db: D1Database, run: Batch) {
  const read = async (statement: D1PreparedStatement): Promise<EdgeStatement[]> =>
    ((await run([statement]))[0]?.results ?? []).map((row) => statementSchema.parse(row));
  const last = async (where: string, ...values: number[]): Promise<EdgeStatement | null> => {
    const sql = `SELECT * FROM audit_statements WHERE ${where} ORDER BY seq DESC LIMIT 1`;
    return (await read(db.prepare(sql).bind(...values)))[0] ?? null;
  };
  const insert = 'INSERT INTO audit_statements VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING seq';
  return {
    async addStatement({ kind, seq, atMs, jws }: EdgeStatement): Promise<boolean> {
      const [added] = await run([db.prepare(insert).bind(kind, seq, atMs, jws)]);
      return added?.results.length === 1;
    },
    /** Oldest row first: all of them, or the first `limit` from a row on. */
    statements: (limit = -1, from = 0): Promise<EdgeStatement[]> =>
      read(
        db
          .prepare('SELECT * FROM audit_statements WHERE seq >= ? ORDER BY seq, kind LIMIT ?')
          .bind(from, limit),
      ),
    lastStatement: () => last('TRUE'),
    lastRemoval: () => last("kind = 'removal'"),
    /** The checkpoint of this row, or of the last one before it that has one. */
    checkpointUpTo: (seq: number) => last("kind = 'checkpoint' AND seq <= ?", seq),
    /** Takes away what a later statement makes superfluous; refused by the store where none does. */
    async dropStatements(statements: readonly Named[]): Promise<number> {
      if (statements.length === 0) return 0;
      const sql = 'DELETE FROM audit_statements WHERE kind = ? AND seq = ?';
      const results = await run(statements.map(({ kind, seq }) => db.prepare(sql).bind(kind, seq)));
      return results.reduce((gone, { meta }) => gone + meta.changes, 0);
    },
    /**
     * The last row before the first of the oldest `rowsMax` whose time is not over, and never the newest; null where
     * there is none. What an organisation wishes beyond `daysMin` counts.
     */
    async lastExpired(nowMs: number, daysMin: number, rowsMax: number): Promise<ChainHead | null> {
      const wished = `CASE WHEN json_valid(wishes.audit) THEN json_extract(wishes.audit, '$.days') END`;
      const [found] = await run([
        db
          .prepare(
            `WITH oldest AS (SELECT seq, hash, at, org_id FROM audit_events ORDER BY seq LIMIT ?3),
             wanted AS (SELECT min(seq) AS seq FROM oldest LEFT JOIN org_policies AS wishes USING (org_id)
               WHERE unixepoch(oldest.at) + max(?2, coalesce(${wished}, 0)) * 86400 > ?1)
             SELECT seq, hash FROM oldest WHERE seq < coalesce((SELECT seq FROM wanted), 9e15)
               AND seq < (SELECT max(seq) FROM audit_events) ORDER BY seq DESC LIMIT 1`,
          )
          .bind(nowMs / 1_000, daysMin, rowsMax),
      ]);
      const row = found?.results[0];
      return row === undefined ? null : headSchema.parse(row);
    },
    /** Whoever exports has received everything through this row; never more than there is. */
    async noteExported(seq: number): Promise<void> {
      await run([
        db
          .prepare(
            `INSERT INTO audit_exported SELECT 1, min(?1, coalesce(max(seq), 0)) FROM audit_events WHERE TRUE
             ON CONFLICT (id) DO UPDATE SET seq = max(seq, excluded.seq)`,
          )
          .bind(seq),
      ]);
    },
    async exportedThrough(): Promise<number> {
      const [found] = await run([db.prepare('SELECT seq FROM audit_exported')]);
      const row = found?.results[0];
      return row === undefined ? 0 : z.object({ seq: z.int() }).parse(row).seq;
    },
    /**
     * In one transaction: the statement is kept, and every row through its `seq` goes. How many went; null where
     * somebody else's of this row is kept already.
     */
    async remove({ kind, seq, atMs, jws }: EdgeStatement): Promise<number | null> {
      const [added, removed] = await run([
        db.prepare(insert).bind(kind, seq, atMs, jws),
        db.prepare('DELETE FROM audit_events WHERE seq <= ?').bind(seq),
      ]);
      return added?.results.length === 1 ? (removed?.meta.changes ?? 0) : null;
    },
  };
}
