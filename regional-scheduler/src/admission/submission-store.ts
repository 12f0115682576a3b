/**
 * Where submissions are kept with what they cost and how they ended: Postgres (postgres/), or memory for tests, under
 * one suite. Every change of what a holder holds is made in the transaction that stores or ends the job, so that at
 * the end of all jobs nothing is reserved, whatever was killed between.
 */
import type { Durability } from '@cellbook/shared/protocol/job-request.ts';
import type { FoldedJob } from '../records/fold-job.ts';
import type { JobBrief, JobEnd, JobRecords } from '../records/job-record.ts';
import type { Applicant, Holding, Verdict } from './decide-admission.ts';

/** What is told to a receiver of its own. */
export interface Delivery {
  /** One purpose of one job: the same again is nothing new. */
  id: string;
  jobId: string;
  orgId: string;
  url: string;
  body: string;
  dueMs: number;
}

/**
 * Who is told that a job has ended which has another's result: asked in the transaction that ends it, under the
 * locks of its organisation, so that none joins unseen. `view`: how it ended.
 */
export type TellJoined = (joined: JobBrief, view: FoldedJob, nowMs: number) => Delivery[];

/** What becomes of jobs that have ended, as far as the log was read. */
export interface Settlement {
  /** The log's cursor before and after; where it is elsewhere meanwhile somebody else has done it. */
  fromSeq: number;
  toSeq: number;
  ends: readonly JobEnd[];
  /** Of these; those that have their results the store tells itself. */
  deliveries: readonly Delivery[];
  /** Next runs of repeated tasks; one that quotas forbid is stored as failed, and is the last. */
  next: readonly Applicant[];
  nowMs: number;
}

export interface SubmissionStore extends JobRecords {
  /** Of one group, in its order, in one commit; one that cannot be stored is refused alone. */
  admit(applicants: readonly Applicant[], how: { nowMs: number; durability: Durability }): Promise<Verdict[]>;
  holdingOf(holder: string, month: string): Promise<Holding>;
  cursor(): Promise<number>;
  /** False where another has settled it. */
  settle(settlement: Settlement): Promise<boolean>;
}

export const noHolding: Holding = { unfinished: 0, reservedMicros: 0, spentMicros: 0 };
export const cursorName = 'job_ends';
