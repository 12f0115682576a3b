/**
 * The same as submissions of the API are stored: under the locks of their organisations, with keys, fingerprints, quotas,
 * what they reserve and what their holders hold, a group a commit.
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import type { JobQuotas } from '@cellbook/shared/protocol/quota.ts';
import type { Candidate } from '../../admission/asked.ts';
import type { Applicant } from '../../admission/decide-admission.ts';
import { digestOf } from '../../admission/fingerprint.ts';
import { PostgresSubmissionStore } from '../../admission/postgres/postgres-submission-store.ts';
import type { JobSpec } from '../../core/model/job.ts';
import type { Database } from '../../db/database.ts';

export interface AdmitBed {
  database: Database;
  jobs: readonly JobSpec[];
  clients: number;
  batch: number;
  clock: Clock;
}

const plenty = { unfinished: Number.MAX_SAFE_INTEGER, spendMicrosPerMonth: Number.MAX_SAFE_INTEGER };
const quotas: JobQuotas = { user: plenty, organisation: plenty };

export async function admitAll({ database, jobs, clients, batch, clock }: AdmitBed): Promise<number> {
  const store = new PostgresSubmissionStore(database, () => []);
  const beganMs = clock.monotonicMs();
  let next = 0;
  const client = async (): Promise<void> => {
    for (let from = next; from < jobs.length; from = next) {
      next += batch;
      const applicants = jobs.slice(from, from + batch).map(applicantOf);
      const verdicts = await store.admit(applicants, { nowMs: clock.nowMs(), durability: 'durable' });
      const refused = verdicts.find(({ kind }) => kind !== 'stored');
      if (refused) throw new Error(`a job of the benchmark was not stored but ${refused.kind}`);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return Math.round(jobs.length / ((clock.monotonicMs() - beganMs) / 1_000));
}

export const applicantOf = (spec: JobSpec): Applicant => ({ candidate: candidateOf(spec), quotas });

function candidateOf(spec: JobSpec): Candidate {
  const { binary, gpus, gpuMemoryMib, checkpoints, wallMsMax } = spec;
  const digest = digestOf(spec.jobId);
  return {
    spec,
    request: {
      ...{ prompt: `prompt of ${spec.jobId}`, parameters: { steps: 4 }, name: null, labels: {} },
      ...{ webhookUrl: null, durability: 'durable', repeats: null, askedWith: 'key-1', askedFrom: '' },
      shape: {
        ...{ binary, gpus, skus: null, gpuMemoryMib, checkpoints },
        ...{ wallMs: wallMsMax, notBeforeMs: null, deadlineMs: null },
      },
    },
    ...{ idempotencyKey: spec.jobId, bodyHash: digest, fingerprint: digest, reuse: null },
  };
}
