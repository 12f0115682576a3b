/**
 * What was answered to offers. `settle` gives the answer on record; where there is none, it records the one it is given
 * as the first and last word. Two that ask at once hear the same. Where the word is that an offer is taken, the job is
 * among this region's submissions by the same commit: whoever hears it may forget the job.
 */
import type { JobId, RegionId } from '@cellbook/shared/ids.ts';
import type { Candidate } from '../admission/asked.ts';
import type { HandoffAnswer } from '../core/federation/handoff.ts';

export interface HandoffKey {
  jobId: JobId;
  from: RegionId;
  handoff: number;
}

export interface HandoffStore {
  /** `job`: what is offered; null where an offer is withdrawn. */
  settle(key: HandoffKey, first: HandoffAnswer, nowMs: number, job: Candidate | null): Promise<HandoffAnswer>;
  find(key: HandoffKey): Promise<HandoffAnswer | null>;
  /** Whether the job came from another region. */
  took(jobIds: readonly JobId[]): Promise<ReadonlySet<JobId>>;
  prune(beforeMs: number): Promise<void>;
}

/** `takeOver`: stores a job. */
export function createMemoryHandoffStore(takeOver: (job: Candidate) => void = () => {}): HandoffStore {
  const rows = new Map<string, { key: HandoffKey; answer: HandoffAnswer; atMs: number }>();
  const nameOf = ({ jobId, from, handoff }: HandoffKey) => `${jobId} ${from} ${handoff}`;
  return {
    async settle(key, first, nowMs, job) {
      const known = rows.get(nameOf(key));
      if (known) return known.answer;
      if (first.taken && job) takeOver(job);
      rows.set(nameOf(key), { key, answer: first, atMs: nowMs });
      return first;
    },
    async find(key) {
      return rows.get(nameOf(key))?.answer ?? null;
    },
    async took(jobIds) {
      const taken = [...rows.values()].filter((row) => row.answer.taken).map((row) => row.key.jobId);
      return new Set(jobIds.filter((jobId) => taken.includes(jobId)));
    },
    async prune(beforeMs) {
      for (const [name, { atMs, answer }] of rows) if (atMs < beforeMs && !answer.taken) rows.delete(name);
    },
  };
}
