import { type WorkspaceId, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { phaseSchema } from '@cellbook/shared/protocol/workspace.ts';
import { and, desc, eq, lt, sql } from 'drizzle-orm';
import { Batcher } from '../../db/batcher.ts';
import { isDataError } from '../../db/data-error.ts';
import type { Database } from '../../db/database.ts';
import { executorTurns } from '../../db/turns.ts';
import { workspaceTransitions } from '../../db/workspaces.ts';
import { resumeReportSchema } from '../../ladder/resume-report.ts';
import type { NewTransition, TransitionRow, TransitionStore } from './transition-store.ts';
import { insertTransitions } from './transition-values.ts';

type StoredTransition = typeof workspaceTransitions.$inferSelect;

export class PostgresTransitionStore implements TransitionStore {
  readonly #database: Database;
  readonly #appending: Batcher<readonly NewTransition[], 'written'>;

  constructor(database: Database) {
    this.#database = database;
    this.#appending = new Batcher({
      run: async (asked) => {
        await insertTransitions(database, asked.flat());
        return asked.map(() => 'written' as const);
      },
      isOfOne: isDataError,
      batchMax: limits.lifecycle.batchMax,
      lanesMax: limits.lifecycle.batchLanes,
      turns: executorTurns,
    });
  }

  async append(entries: readonly NewTransition[]): Promise<void> {
    await this.#appending.ask(entries);
  }

  async list(workspaceId: WorkspaceId, before: number | null, limit: number): Promise<TransitionRow[]> {
    const rows = await this.#database
      .select()
      .from(workspaceTransitions)
      .where(
        and(
          eq(workspaceTransitions.workspaceId, workspaceId),
          before === null ? undefined : lt(workspaceTransitions.id, before),
        ),
      )
      .orderBy(desc(workspaceTransitions.id))
      .limit(limit);
    return rows.map(toTransition);
  }

  async trim(workspaceId: WorkspaceId, keep: number): Promise<void> {
    const oldestKept = sql`(select id from ${workspaceTransitions} where workspace_id = ${workspaceId}
      order by id desc offset ${keep - 1} limit 1)`;
    await this.#database
      .delete(workspaceTransitions)
      .where(and(eq(workspaceTransitions.workspaceId, workspaceId), lt(workspaceTransitions.id, oldestKept)));
  }
}

function toTransition(row: StoredTransition): TransitionRow {
  const common = {
    id: row.id,
    workspaceId: workspaceIdSchema.parse(row.workspaceId),
    generation: row.generation,
    epoch: row.epoch,
    holder: row.holder,
    atMs: row.at.getTime(),
  };
  const step = row.step ?? '';
  const { problem } = row;
  const resume = resumeReportSchema.nullable().parse(row.resume);
  if (row.kind === 'intent') return { ...common, kind: 'intent', step };
  if (row.kind === 'outcome') {
    const outcome = row.outcome === 'ok' ? 'ok' : 'failed';
    const took = { outcome, durationMs: row.durationMs ?? 0 } as const;
    return { ...common, kind: 'outcome', step, ...took, problem, ...(resume && { resume }) };
  }
  const from = phaseSchema.parse(row.fromPhase);
  const to = phaseSchema.parse(row.toPhase);
  return { ...common, kind: 'phase', event: step, from, to, problem, ...(resume && { resume }) };
}
