import type { JobId, UserId } from '@cellbook/shared/ids.ts';
import type { Database } from '../../db/database.ts';
import type { ListQuery } from '../../records/job-record.ts';
import type { Applicant, Verdict } from '../decide-admission.ts';
import {
  cursorName,
  noHolding,
  type Settlement,
  type SubmissionStore,
  type TellJoined,
} from '../submission-store.ts';
import { admitGroup, type HowAdmitted } from './admit-group.ts';
import { findBriefs, findJobs, listJobs } from './job-rows.ts';
import { holdingsOf, type Sql } from './read-known.ts';
import { writeCancel } from './write-cancel.ts';
import { writeSettlement } from './write-settlement.ts';

export class PostgresSubmissionStore implements SubmissionStore {
  readonly #sql: Database['$client'];

  readonly #tell: TellJoined;

  constructor(database: Database, tell: TellJoined) {
    this.#sql = database.$client;
    this.#tell = tell;
  }

  admit(applicants: readonly Applicant[], how: HowAdmitted): Promise<Verdict[]> {
    return admitGroup((work) => this.#inTransaction(work), applicants, { ...how, tell: this.#tell });
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
    this.#inTransaction((sql) => writeSettlement(sql, settlement, this.#tell));

  find = (jobIds: readonly JobId[]) => findJobs(this.#sql, jobIds);

  findBrief = (jobIds: readonly JobId[]) => findBriefs(this.#sql, 'job_id', jobIds);

  list = (query: ListQuery) => listJobs(this.#sql, query);

  askCancel(jobId: JobId, askedBy: UserId, nowMs: number): Promise<void> {
    return this.#inTransaction((sql) => writeCancel(sql, { jobId, askedBy, nowMs }, this.#tell));
  }

  async #inTransaction<Answer>(work: (sql: Sql) => Promise<Answer>): Promise<Answer> {
    // What postgres.js hands to a transaction is a client of one connection.
    const answer = await this.#sql.begin(async (sql) => ({ of: await work(sql) }));
    return answer.of;
  }
}
