/**
 * Stores a group in one commit. What cannot be stored fails the whole statement, others' jobs with it: then it is done
 * again in halves, until the one whose fault it is stands alone and is refused. Nobody hands in such a job by mistake
 * (submitJobSchema refuses it), so that the ten commits which one of 500 costs are rare.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { Durability } from '@cellbook/shared/protocol/job-request.ts';
import { isDataError } from '../../db/data-error.ts';
import { type Applicant, decideAdmission, type Verdict } from '../decide-admission.ts';
import { recordOf } from '../record-of.ts';
import type { TellJoined } from '../submission-store.ts';
import { findBriefs } from './job-rows.ts';
import { lockOrganisations, readKnown, type Sql } from './read-known.ts';
import { insertDeliveries } from './write-settlement.ts';
import { insertSubmissions } from './write-submissions.ts';

export interface HowAdmitted {
  nowMs: number;
  durability: Durability;
}

type InTransaction = <Answer>(work: (sql: Sql) => Promise<Answer>) => Promise<Answer>;

export async function admitGroup(
  inTransaction: InTransaction,
  applicants: readonly Applicant[],
  how: HowAdmitted & { tell: TellJoined },
): Promise<Verdict[]> {
  try {
    return await inTransaction((sql) => admitTogether(sql, applicants, how));
  } catch (thrown) {
    if (!isDataError(thrown)) throw thrown;
    if (applicants.length === 1) return [{ kind: 'refused', error: unstorable(thrown) }];
  }
  const middle = Math.ceil(applicants.length / 2);
  const first = await admitGroup(inTransaction, applicants.slice(0, middle), how);
  return [...first, ...(await admitGroup(inTransaction, applicants.slice(middle), how))];
}

async function admitTogether(
  sql: Sql,
  applicants: readonly Applicant[],
  { nowMs, durability, tell }: HowAdmitted & { tell: TellJoined },
): Promise<Verdict[]> {
  // The commit is in the log's memory then, which outlives this program, and on the disk within a second.
  if (durability === 'batched') await sql`set local synchronous_commit = off`;
  // Sent together, done one after the other: what is read is read under the locks.
  const orgIds = applicants.map(({ candidate }) => candidate.spec.orgId);
  const [, known] = await Promise.all([lockOrganisations(sql, orgIds), readKnown(sql, applicants, nowMs)]);
  const verdicts = decideAdmission(applicants, known, nowMs);
  const stored = verdicts.filter((verdict) => verdict.kind === 'stored');
  await insertSubmissions(sql, stored);
  await tellOfEnded(sql, stored, { nowMs, tell });
  return verdicts;
}

/** What has the result of one that has ended has ended itself: nothing else would ever tell of it. */
async function tellOfEnded(
  sql: Sql,
  stored: readonly Extract<Verdict, { kind: 'stored' }>[],
  { nowMs, tell }: { nowMs: number; tell: TellJoined },
): Promise<void> {
  const over = stored.filter(({ isOver, candidate }) => isOver && candidate.request.webhookUrl !== null);
  const targets = await findBriefs(
    sql,
    'job_id',
    over.flatMap(({ sameAs }) => sameAs ?? []),
  );
  const ends = new Map(targets.map(({ jobId, end }) => [jobId, end]));
  const deliveries = over.flatMap(({ candidate, sameAs }) => {
    const end = sameAs && ends.get(sameAs);
    return end ? tell(recordOf(candidate, sameAs), end.view, nowMs) : [];
  });
  await insertDeliveries(sql, deliveries, nowMs);
}

const unstorable = (cause: unknown): CellbookError =>
  new CellbookError('bad_request', {
    doing: 'storing a job',
    problem: 'it holds something that the database cannot keep',
    next: 'Leave out control characters, half characters and numbers beyond all measure, and send it again.',
    cause,
  });
