/** Rows of submissions with their holds, and what holders hold: a statement each for a whole group. */
import type { JobId } from '@cellbook/shared/ids.ts';
import type { Candidate } from '../asked.ts';
import { microsHeldBy } from '../decide-admission.ts';
import { monthOf } from '../price.ts';
import { requestOf } from '../record-of.ts';
import type { Sql } from './read-known.ts';

export interface Row {
  candidate: Candidate;
  sameAs: JobId | null;
  handoff?: string;
  /** There is nothing to run, and nothing is held. */
  isRefused?: boolean;
  /** It has the result of one that has ended: nothing is held. */
  isOver?: boolean;
}

/**
 * The ids of those that were new: what is there already stays as it is, and holds nothing anew. One statement, since each
 * costs the asker a turn to the database and back under the organisations' locks.
 */
export async function insertSubmissions(sql: Sql, rows: readonly Row[]): Promise<Set<string>> {
  if (rows.length === 0) return new Set();
  const column = (of: (row: Row) => string | null) => rows.map(of);
  // JSON holds no line's end: told by lines nobody has to escape its quotes, here, nor to find them, there.
  const lines = (of: (row: Row) => string) => rows.map(of).join('\n');
  const spec = (of: (spec: Candidate['spec']) => string) => rows.map(({ candidate }) => of(candidate.spec));
  const stored = await sql<{ jobId: string }[]>`
    with given as (
      select * from unnest(${spec(({ jobId }) => jobId)}::text[], ${spec(({ orgId }) => orgId)}::text[],
        ${spec(({ userId }) => userId)}::text[], ${spec(({ tier }) => tier)}::text[],
        ${spec(({ kind }) => kind)}::text[],
        string_to_array(${lines((row) => (hasRun(row) ? JSON.stringify(row.candidate.spec) : ''))}, E'\\n', ''),
        string_to_array(${lines((row) => JSON.stringify(requestOf(row.candidate, row.sameAs)))}, E'\\n'),
        ${rows.map((row) => row.candidate.spec.submittedMs)}::bigint[],
        ${column((row) => row.candidate.idempotencyKey)}::text[], ${column((row) => row.candidate.bodyHash)}::text[],
        ${column((row) => row.candidate.fingerprint)}::text[], ${column((row) => row.sameAs)}::text[],
        ${column((row) => row.handoff ?? null)}::text[],
        ${rows.map((row) => monthOf(row.candidate.spec.submittedMs))}::text[],
        ${rows.map((row) => (holds(row) ? microsHeldBy(row.candidate, row.sameAs) : null))}::bigint[]
      ) as g(job_id, org_id, user_id, tier, kind, spec, request, submitted_ms, idempotency_key, body_hash, fingerprint,
        same_as, handoff, month, micros)
    ), stored as (
      insert into submissions (job_id, org_id, user_id, tier, kind, spec, request, submitted_ms, idempotency_key,
        body_hash, fingerprint, same_as, handoff)
      select job_id, org_id, user_id, tier, kind, spec::jsonb, request::jsonb, submitted_ms, idempotency_key,
        body_hash, fingerprint, same_as, handoff from given
      on conflict do nothing returning job_id
    ), held as (
      insert into job_holds (job_id, org_id, user_id, month, micros)
      select job_id, org_id, user_id, month, micros from given join stored using (job_id) where micros is not null
      returning org_id, user_id, month, micros
    ), accounts as (
      insert into job_accounts as a (holder, month, unfinished, reserved_micros)
      select holder, month, count(*), sum(micros)
      from held, lateral (values (org_id), (org_id || '/' || user_id)) as holders(holder) group by holder, month
      on conflict (holder, month) do update set unfinished = a.unfinished + excluded.unfinished,
        reserved_micros = a.reserved_micros + excluded.reserved_micros
    )
    select job_id as "jobId" from stored`;
  return new Set(stored.map(({ jobId }) => jobId));
}

const hasRun = ({ sameAs, isRefused }: Row): boolean => sameAs === null && isRefused !== true;
const holds = ({ isRefused, isOver }: Row): boolean => isRefused !== true && isOver !== true;

export interface AccountChange {
  holder: string;
  month: string;
  unfinished: number;
  reservedMicros: number;
  spentMicros: number;
}

/** Under the organisations' locks: nobody else changes these rows. */
export async function changeAccounts(sql: Sql, changes: readonly AccountChange[]): Promise<void> {
  if (changes.length === 0) return;
  await sql`
    insert into job_accounts as a (holder, month, unfinished, reserved_micros, spent_micros)
    select holder, month, sum(unfinished), sum(reserved), sum(spent)
    from unnest(${changes.map(({ holder }) => holder)}::text[], ${changes.map(({ month }) => month)}::text[],
      ${changes.map(({ unfinished }) => unfinished)}::int[],
      ${changes.map(({ reservedMicros }) => reservedMicros)}::bigint[],
      ${changes.map(({ spentMicros }) => spentMicros)}::bigint[]) as c(holder, month, unfinished, reserved, spent)
    group by holder, month
    on conflict (holder, month) do update set unfinished = a.unfinished + excluded.unfinished,
      reserved_micros = a.reserved_micros + excluded.reserved_micros,
      spent_micros = a.spent_micros + excluded.spent_micros`;
}
