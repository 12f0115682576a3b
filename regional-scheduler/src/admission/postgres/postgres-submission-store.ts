import type { JobId, UserId } from '@cellbook/shared/ids.ts';
import type { Durability } from '@cellbook/shared/protocol/job-request.ts';
import type { Database } from '../../db/database.ts';
import type { ListQuery } from '../../records/job-record.ts';
import type { Candidate } from '../asked.ts';
import { type Applicant, decideAdmission, type Verdict } from '../decide-admission.ts';
import { cursorName, noHolding, type Settlement, type SubmissionStore } from '../submission-store.ts';
import { findJobs, listJobs } from './job-rows.ts';
import { holdingsOf, lockOrganisations, readKnown, type Sql } from './read-known.ts';
import { writeSettlement } from './write-settlement.ts';
import { insertSubmissions } from './write-submissions.ts';

export class PostgresSubmissionStore implements SubmissionStore {
  readonly #sql: Database['$client'];

  constructor(database: Database) {
    this.#sql = database.$client;
  }

  async admit(
    applicants: readonly Applicant[],
    { nowMs, durability }: { nowMs: number; durability: Durability },
  ): Promise<Verdict[]> {
    return this.#inTransaction(async (sql) => {
      // The commit is in the log's memory then, which outlives this program, and on the disk within a second.
      if (durability === 'batched') await sql`set local synchronous_commit = off`;
      await lockOrganisations(
        sql,
        applicants.map(({ candidate }) => candidate.spec.orgId),
      );
      const verdicts = decideAdmission(applicants, await readKnown(sql, applicants, nowMs), nowMs);
      await insertSubmissions(
        sql,
        verdicts.filter((verdict) => verdict.kind === 'stored'),
      );
      return verdicts;
    });
  }

  takeOver(candidate: Candidate, handoff: string): Promise<boolean> {
    return this.#inTransaction(async (sql) => {
      await lockOrganisations(sql, [candidate.spec.orgId]);
      return (await insertSubmissions(sql, [{ candidate, sameAs: null, handoff }])).size > 0;
    });
  }

  async holdingOf(holder: string, month: string) {
    return (await holdingsOf(this.#sql, [holder], month)).get(holder) ?? noHolding;
  }

  async cursor(): Promise<number> {
    const [row] = await this.#sql<{ seq: number }[]>`
      select seq::float8 as seq from log_cursors where name = ${cursorName}`;
    return row?.seq ?? 0;
  }

  settle = (settlement: Settlement): Promise<boolean> =>
    this.#inTransaction((sql) => writeSettlement(sql, settlement));

  find = (jobIds: readonly JobId[]) => findJobs(this.#sql, 'job_id', jobIds);

  joined = (jobIds: readonly JobId[]) => findJobs(this.#sql, 'same_as', jobIds);

  list = (query: ListQuery) => listJobs(this.#sql, query);

  async askCancel(jobId: JobId, askedBy: UserId, nowMs: number): Promise<void> {
    await this.#sql`
      insert into cancel_requests (job_id, asked_by, asked_ms) select ${jobId}, ${askedBy}, ${nowMs}
      where not exists (select 1 from cancel_requests where job_id = ${jobId})`;
  }

  async #inTransaction<Answer>(work: (sql: Sql) => Promise<Answer>): Promise<Answer> {
    // What postgres.js hands to a transaction is a client of one connection.
    const answer = await this.#sql.begin(async (sql) => ({ of: await work(sql) }));
    return answer.of;
  }
}
