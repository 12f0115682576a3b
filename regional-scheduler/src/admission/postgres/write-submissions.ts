/** Rows of submissions with their holds, and what holders hold: a statement each for a whole group. */
import type { JobId } from '@cellbook/shared/ids.ts';
import type { Candidate } from '../asked.ts';
import { microsHeldBy, orgHolder, userHolder } from '../decide-admission.ts';
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

/** The ids of those that were new: what is there already stays as it is. */
export async function insertSubmissions(sql: Sql, rows: readonly Row[]): Promise<Set<string>> {
  if (rows.length === 0) return new Set();
  const column = (of: (row: Row) => string | null) => rows.map(of);
  const spec = (of: (spec: Candidate['spec']) => string) => rows.map(({ candidate }) => of(candidate.spec));
  const inserted = await sql<{ jobId: string }[]>`
    insert into submissions (job_id, org_id, user_id, tier, kind, spec, request, submitted_ms, idempotency_key,
      body_hash, fingerprint, same_as, handoff)
    select * from unnest(${spec(({ jobId }) => jobId)}::text[], ${spec(({ orgId }) => orgId)}::text[],
      ${spec(({ userId }) => userId)}::text[], ${spec(({ tier }) => tier)}::text[],
      ${spec(({ kind }) => kind)}::text[],
      ${column((row) => (hasRun(row) ? JSON.stringify(row.candidate.spec) : null))}::text[]::jsonb[],
      ${column((row) => JSON.stringify(requestOf(row.candidate, row.sameAs)))}::text[]::jsonb[],
      ${rows.map((row) => row.candidate.spec.submittedMs)}::bigint[],
      ${column((row) => row.candidate.idempotencyKey)}::text[], ${column((row) => row.candidate.bodyHash)}::text[],
      ${column((row) => row.candidate.fingerprint)}::text[], ${column((row) => row.sameAs)}::text[],
      ${column((row) => row.handoff ?? null)}::text[])
    on conflict do nothing returning job_id as "jobId"`;
  const ids = new Set(inserted.map(({ jobId }) => jobId));
  await hold(
    sql,
    rows.filter((row) => row.isRefused !== true && row.isOver !== true && ids.has(row.candidate.spec.jobId)),
  );
  return ids;
}

const hasRun = ({ sameAs, isRefused }: Row): boolean => sameAs === null && isRefused !== true;

async function hold(sql: Sql, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  const specs = rows.map(({ candidate }) => candidate.spec);
  const months = specs.map(({ submittedMs }) => monthOf(submittedMs));
  await sql`
    insert into job_holds (job_id, org_id, user_id, month, micros)
    select * from unnest(${specs.map(({ jobId }) => jobId)}::text[], ${specs.map(({ orgId }) => orgId)}::text[],
      ${specs.map(({ userId }) => userId)}::text[], ${months}::text[],
      ${rows.map(({ candidate, sameAs }) => microsHeldBy(candidate, sameAs))}::bigint[])`;
  const changes = rows.flatMap(({ candidate, sameAs }, index) =>
    [orgHolder(candidate), userHolder(candidate)].map((holder) => ({
      ...{ holder, month: months[index] ?? '', unfinished: 1 },
      ...{ reservedMicros: microsHeldBy(candidate, sameAs), spentMicros: 0 },
    })),
  );
  await changeAccounts(sql, changes);
}

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
