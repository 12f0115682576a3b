/** A candidate as it is stored. One that has another's result has nothing to run, and what it asks is in that one. */
import type { JobId } from '@cellbook/shared/ids.ts';
import type { JobRecord } from '../records/job-record.ts';
import type { Candidate } from './asked.ts';

export function recordOf(candidate: Candidate, sameAs: JobId | null): JobRecord {
  const { spec } = candidate;
  const { jobId, orgId, userId, tier, kind, submittedMs } = spec;
  return {
    ...{ jobId, orgId, userId, tier, kind, submittedMs, sameAs },
    ...{ request: requestOf(candidate, sameAs), spec: sameAs === null ? spec : null },
    ...{ cancelAsked: false, end: null },
  };
}

export const requestOf = ({ request }: Candidate, sameAs: JobId | null): Candidate['request'] =>
  sameAs === null ? request : { ...request, prompt: '', parameters: {} };
