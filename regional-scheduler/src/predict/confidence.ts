/** Whether a prediction is good enough to order by; else a job is ordered by what it has attained (core/order). */
import type { JobSpec } from '../core/model/job.ts';

const seenMin = 5;
/** A bound that is more than this above the middle says that nobody knows. */
const ratioMax = 8;

export function isConfident({ p50Ms, p95Ms, seen }: Omit<JobSpec['predicted'], 'model'>): boolean {
  return seen >= seenMin && p95Ms <= ratioMax * p50Ms;
}
