/** Entries of the record as rows of their table, any number in one statement of one parameter. */
import { type SQL, sql } from 'drizzle-orm';
import type { Database } from '../../db/database.ts';
import type { NewTransition } from './transition-store.ts';

export async function insertTransitions(
  on: Pick<Database, 'execute'>,
  entries: readonly NewTransition[],
): Promise<void> {
  if (entries.length > 0) await on.execute(transitionsAsJson(entries));
}

/** The statement that adds them, in their order; `where` may leave some out. */
export function transitionsAsJson(entries: readonly NewTransition[], where: SQL = sql``): SQL {
  const rows = entries.map((entry, n) => ({ n, ...rowOf(entry) }));
  return sql`
    insert into workspace_transitions (workspace_id, kind, step, from_phase, to_phase, outcome, duration_ms,
      problem, resume, generation, epoch, holder, at)
    select workspace_id, kind, step, from_phase, to_phase, outcome, duration_ms, problem, resume,
      generation, epoch, holder, at
    from jsonb_to_recordset(${storableJson(rows)}::text::jsonb) as entry (n int, workspace_id text, kind text,
      step text, from_phase text, to_phase text, outcome text, duration_ms int, problem text, resume jsonb, generation int,
      epoch int, holder text, at timestamptz)
    ${where} order by n`;
}

function rowOf(entry: NewTransition) {
  const { workspaceId, generation, epoch, holder, kind } = entry;
  const common = { workspace_id: workspaceId, generation, epoch, holder, kind, at: new Date(entry.atMs) };
  switch (entry.kind) {
    case 'intent':
      return { ...common, step: entry.step };
    case 'outcome':
      return {
        ...common,
        step: entry.step,
        outcome: entry.outcome,
        duration_ms: Math.round(entry.durationMs),
        problem: entry.problem,
        resume: entry.resume ?? null,
      };
    case 'phase':
      return {
        ...common,
        step: entry.event,
        from_phase: entry.from,
        to_phase: entry.to,
        problem: entry.problem,
        resume: entry.resume ?? null,
      };
  }
}

/** What a program says may hold what Postgres keeps in no text: one such must not fail a whole batch. */
export const storable = (text: string | null): string | null =>
  text === null ? null : text.replaceAll('\0', '').toWellFormed();

/** The same of every text in it, however deep: `jsonb` takes none of that either. */
export const storableJson = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) => (typeof one === 'string' ? storable(one) : one));
