/**
 * What two sides of a guardianship have on record. `CopyBook` is the guardian's: copies of other regions' queues, and
 * what it has taken of them. `Guardianship` is the guarded region's: by whom, as far as it knows. The rules are
 * core/federation/guardian.ts's.
 */
import type { JobId, RegionId } from '@cellbook/shared/ids.ts';
import type { RegionRecord } from '@cellbook/shared/protocol/region-record.ts';
import type { Told } from '../../core/federation/guardian.ts';
import type { JobSpec } from '../../core/model/job.ts';
import type { JobRequest } from '../../db/job-spec.ts';

/** A job as its region tells of it: `released` where it is under way there. */
export interface CopyOfJob {
  jobId: JobId;
  turn: number;
  state: 'queued' | 'released';
  /** Absent: as it was told under an earlier epoch. */
  content?: { spec: JobSpec; request: JobRequest } | undefined;
}

export interface Letting {
  jobId: JobId;
  turn: number;
  /** It has ended, or is another's: nothing is left to take. */
  isOver: boolean;
}

export type Claim = Omit<NonNullable<RegionRecord['claim']>, 'by'>;

export interface CopyBook {
  /** Those of which it has no content to keep; none is stored that this region has already. */
  copy(from: RegionId, epoch: number, jobs: readonly CopyOfJob[], nowMs: number): Promise<JobId[]>;
  /** All that is queued, or under way, was told under this epoch: what was told before counts no more. */
  complete(from: RegionId, epoch: number): Promise<void>;
  /** Which are acknowledged, and which are taken. */
  release(
    from: RegionId,
    epoch: number,
    jobs: readonly Letting[],
    nowMs: number,
  ): Promise<{ released: JobId[]; taken: JobId[] }>;
  /** Takes some of what may be taken; how many. 0: it is all taken, and the claim done. */
  take(from: RegionId, claim: Claim, nowMs: number): Promise<number>;
  doneEpoch(from: RegionId): Promise<number>;
  /** Of those taken under this epoch or later, in order, after one. */
  taken(from: RegionId, epoch: number, after: string, countMax: number): Promise<JobId[]>;
  prune(nowMs: number): Promise<void>;
}

export interface Guardianship {
  /** Null: nothing was ever written. */
  read(): Promise<(Pick<Told, 'epoch'> & { guardian: RegionId | null }) | null>;
  /** False: another than the leader of this term leads, and has read what there was, or may have. */
  write(term: number, epoch: number, guardian: RegionId | null): Promise<boolean>;
}
