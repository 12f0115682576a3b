/**
 * Prompts and parameters of jobs that are about to run: the scheduler's memory holds none, they are read from
 * submissions when a host is told to run them, and kept for as long as the host goes on being told.
 */
import type { JobId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Payload } from '../core/reports/orders.ts';

export type ReadPayloads = (jobIds: readonly JobId[]) => Promise<ReadonlyMap<JobId, Payload>>;

export class Payloads {
  readonly #read: ReadPayloads;
  /** In the order of use, the longest unused first. */
  readonly #kept = new Map<JobId, Payload>();

  constructor(read: ReadPayloads) {
    this.#read = read;
  }

  /** Reads what is missing. */
  async need(jobIds: ReadonlySet<JobId>): Promise<void> {
    const missing = [...jobIds].filter((jobId) => !this.#kept.has(jobId));
    if (missing.length > 0)
      for (const [jobId, payload] of await this.#read(missing)) this.#kept.set(jobId, payload);
    for (const jobId of this.#kept.keys()) {
      if (this.#kept.size <= limits.scheduler.promptsKept) break;
      if (!jobIds.has(jobId)) this.#kept.delete(jobId);
    }
  }

  has(jobId: JobId): boolean {
    return this.#kept.has(jobId);
  }

  of(jobId: JobId): Payload {
    const payload = this.#kept.get(jobId);
    if (!payload) throw new Error(`the prompt of ${jobId} was not read`);
    this.#kept.delete(jobId);
    this.#kept.set(jobId, payload);
    return payload;
  }
}
