/** A request with who asks, as admission looks at it. */
import type { JobId, OrgId, RegionId, UserId } from '@cellbook/shared/ids.ts';
import type { SubmitJob } from '@cellbook/shared/protocol/job-request.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { JobSpec } from '../core/model/job.ts';
import type { JobRequest } from '../db/job-spec.ts';

export interface Asker {
  orgId: OrgId;
  userId: UserId;
  tier: Tier;
  /** Where the organisation's policy keeps its data; null: it says nothing. */
  regions: readonly RegionId[] | null;
  /** The credential's id and the address, for the record. */
  with: string;
  from: string;
}

export interface Asked {
  asker: Asker;
  job: SubmitJob;
  idempotencyKey: string;
}

/** Judged and ready to be stored; what is left to decide needs the store. */
export interface Candidate {
  spec: JobSpec;
  request: JobRequest;
  /** Null where it comes of itself, by a repeat. */
  idempotencyKey: string | null;
  bodyHash: string | null;
  /** Set where the result of another may be its own. */
  reuse: { fingerprint: string; joins: boolean } | null;
  /** What a later one may find of it, whether or not it took something itself. */
  fingerprint: string | null;
}

export interface Stored {
  jobId: JobId;
  /** The job whose result is this one's. */
  sameAs: JobId | null;
}
