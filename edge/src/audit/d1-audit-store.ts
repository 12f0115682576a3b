/** The edge's audit log on D1. A batch is a transaction; the places in the chain are unique. */
import { type ChainHead, type ChainRow, emptyChain } from '@cellbook/shared/audit/chain.ts';
import { columnsOfBody } from '@cellbook/shared/audit/event-columns.ts';
import type { StoredChainRow } from '@cellbook/shared/audit/verify.ts';
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type AuditId, auditIdSchema } from '@cellbook/shared/ids.ts';
import { z } from 'zod';
import { createBatch } from '../directory/d1-batch.ts';
import { type EdgeAuditQuery, statementOf } from './audit-query.ts';
import { d1Statements } from './d1-statements.ts';

export interface EdgeIntent {
  id: AuditId;
  body: string;
  ready: boolean;
  untilMs: number;
}

const rowSchema = z.object({ seq: z.int(), prev: z.string(), hash: z.string(), body: z.string() });
const columnsSchema = z.object({
  at: z.string(),
  org_id: z.string().nullable(),
  actor_id: z.string(),
  action: z.string(),
  resource_id: z.string().nullable(),
  outcome: z.string(),
});
const intentSchema = z.object({ id: auditIdSchema, body: z.string() });
export function createD1AuditStore({ db, clock }: { db: D1Database; clock: Clock }) {
  const run = createBatch(db, clock);
  const one = async (statement: D1PreparedStatement): Promise<unknown[]> =>
    (await run([statement]))[0]?.results ?? [];

  async function hashAt(seq: number): Promise<string | null> {
    const [row] = await one(db.prepare('SELECT hash FROM audit_events WHERE seq = ?').bind(seq));
    return row === undefined ? null : z.object({ hash: z.string() }).parse(row).hash;
  }

  return {
    ...d1Statements(db, run),
    hashAt,
    async head(): Promise<ChainHead> {
      const [row] = await one(db.prepare('SELECT * FROM audit_events ORDER BY seq DESC LIMIT 1'));
      return row === undefined ? emptyChain : rowSchema.parse(row);
    },
    /** Kept from here on: in the chain by the next `append`, whoever makes it. A second time it takes the later word. */
    async keep({ id, body, ready, untilMs }: EdgeIntent): Promise<void> {
      await one(
        db
          .prepare(
            `INSERT INTO audit_intents VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (id) DO UPDATE SET body = excluded.body, ready = excluded.ready`,
          )
          .bind(id, body, Number(ready), untilMs),
      );
    },
    /** What is to be appended now. */
    async settleable(nowMs: number, limit: number): Promise<{ id: AuditId; body: string }[]> {
      const statement =
        'SELECT id, body FROM audit_intents WHERE ready = 1 OR until <= ? ORDER BY until LIMIT ?';
      return (await one(db.prepare(statement).bind(nowMs, limit))).map((row) => intentSchema.parse(row));
    },
    /** `behind`: somebody else took one of these places; nothing was written. */
    async append(rows: readonly ChainRow[], closed: readonly AuditId[]): Promise<'committed' | 'behind'> {
      const insert = db.prepare('INSERT INTO audit_events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
      const remove = db.prepare('DELETE FROM audit_intents WHERE id = ?');
      const [first] = rows;
      if (!first) return 'committed';
      try {
        await run([
          ...rows.map(({ seq, prev, hash, body }) => {
            const { at, orgId, actorId, action, resourceId, outcome } = columnsOfBody(body);
            return insert.bind(seq, prev, hash, body, at, orgId, actorId, action, resourceId, outcome);
          }),
          ...closed.map((id) => remove.bind(id)),
        ]);
        return 'committed';
      } catch (thrown) {
        // D1 tells a place that is taken by its message alone; the place itself tells it for sure.
        const found = await hashAt(first.seq);
        if (found === null || !(thrown instanceof CellbookError)) throw thrown;
        return found === first.hash ? 'committed' : 'behind';
      }
    },
    async list(query: EdgeAuditQuery): Promise<ChainRow[]> {
      const { sql, values } = statementOf(query);
      return (await one(db.prepare(sql).bind(...values))).map((row) => rowSchema.parse(row));
    },
    /** In order, with their columns: what verification reads. */
    async rows(from: number, limit: number): Promise<StoredChainRow[]> {
      const statement = 'SELECT * FROM audit_events WHERE seq >= ? ORDER BY seq LIMIT ?';
      return (await one(db.prepare(statement).bind(from, limit))).map((row) => {
        const { org_id, actor_id, resource_id, ...columns } = columnsSchema.parse(row);
        return {
          ...rowSchema.parse(row),
          columns: { ...columns, orgId: org_id, actorId: actor_id, resourceId: resource_id },
        };
      });
    },
  };
}

export type EdgeAuditStore = ReturnType<typeof createD1AuditStore>;
