/** A job as the stores hold it: what was asked for, and how it ended where it has. */
import type { JobId, OrgId, UserId } from '@cellbook/shared/ids.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { JobSpec } from '../core/model/job.ts';
import type { JobRequest } from '../db/job-spec.ts';
import type { FoldedJob } from './fold-job.ts';

export interface JobEnd {
  jobId: JobId;
  orgId: OrgId;
  phase: FoldedJob['phase'];
  view: FoldedJob;
  costMicros: number;
  endedMs: number;
  /** Null: it left none, or its time is over. */
  resultKey: string | null;
  resultUntilMs: number | null;
}

/** What is shown of a job wherever its content is not: a page of notebooks is 25 MB, and nobody looks at them. */
export type BriefRequest = Omit<JobRequest, 'prompt' | 'parameters'>;

export interface JobBrief {
  jobId: JobId;
  orgId: OrgId;
  userId: UserId;
  tier: Tier;
  kind: string;
  /** Null where another job's result is its own: there is nothing to run. */
  spec: JobSpec | null;
  request: BriefRequest;
  submittedMs: number;
  sameAs: JobId | null;
  cancelAsked: boolean;
  end: JobEnd | null;
}

/** With its content; that of one which has another's result is in the other. */
export interface JobRecord extends JobBrief {
  request: JobRequest;
}

export interface Place {
  submittedMs: number;
  jobId: string;
}

export interface ListQuery {
  orgId: OrgId;
  /** Null: everybody's in the organisation. */
  userId: UserId | null;
  kind: string | null;
  label: { name: string; value: string } | null;
  sinceMs: number | null;
  /** Newest first, those after this one. */
  after: Place | null;
  countMax: number;
}

export interface JobRecords {
  find(jobIds: readonly JobId[]): Promise<JobRecord[]>;
  findBrief(jobIds: readonly JobId[]): Promise<JobBrief[]>;
  list(query: ListQuery): Promise<JobBrief[]>;
  /** Asking twice is the same as once. One that waits for the result of another has ended with it. */
  askCancel(jobId: JobId, askedBy: UserId, nowMs: number): Promise<void>;
}
