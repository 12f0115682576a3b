/**
 * Which cells have all of an organisation's secrets. Nobody is down before its first one: then those that it is
 * sent to are, since there is nothing else to have. A cell that comes later is, once it has said that it has them.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { type CellId, cellIdSchema, type OrgId } from '@cellbook/shared/ids.ts';
import { z } from 'zod';
import { createBatch } from '../directory/d1-batch.ts';

export interface SecretCells {
  of(org: OrgId): Promise<CellId[]>;
  /** Only where no cell is down yet. */
  begin(org: OrgId, cells: readonly CellId[], nowMs: number): Promise<void>;
  add(org: OrgId, cell: CellId, nowMs: number): Promise<void>;
}

const rowSchema = z.object({ cell: cellIdSchema });

export function createD1SecretCells({ db, clock }: { db: D1Database; clock: Clock }): SecretCells {
  const run = createBatch(db, clock);
  return {
    async of(org) {
      const [found] = await run([
        db
          .prepare('SELECT cell_id AS cell FROM org_secret_cells WHERE org_id = ? ORDER BY since, cell_id')
          .bind(org),
      ]);
      return z
        .array(rowSchema)
        .parse(found?.results)
        .map(({ cell }) => cell);
    },
    async begin(org, cells, nowMs) {
      // One statement: of two first changes at once the second finds somebody down and adds nobody.
      await run([
        db
          .prepare(
            `INSERT INTO org_secret_cells (org_id, cell_id, since) SELECT ?1, value, ?3 FROM json_each(?2)
             WHERE NOT EXISTS (SELECT 1 FROM org_secret_cells WHERE org_id = ?1)`,
          )
          .bind(org, JSON.stringify(cells), nowMs),
      ]);
    },
    async add(org, cell, nowMs) {
      await run([
        db
          .prepare(
            'INSERT INTO org_secret_cells (org_id, cell_id, since) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
          )
          .bind(org, cell, nowMs),
      ]);
    },
  };
}

/** For tests. */
export function createMemorySecretCells(): SecretCells {
  const kept = new Map<OrgId, Set<CellId>>();
  const of = (org: OrgId): Set<CellId> => kept.get(org) ?? new Set();
  return {
    of: async (org) => [...of(org)],
    async begin(org, cells) {
      if (of(org).size === 0) kept.set(org, new Set(cells));
    },
    async add(org, cell) {
      kept.set(org, of(org).add(cell));
    },
  };
}
