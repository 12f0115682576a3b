/**
 * How soon one submission by itself is acknowledged, durable and batched in turns: what waiting for the disk costs whom
 * nobody shares it with.
 */
import type { Durability } from '@cellbook/shared/protocol/job-request.ts';
import { PostgresSubmissionStore } from '../../admission/postgres/postgres-submission-store.ts';
import { type AdmitBed, applicantOf } from './admit.ts';

type Percentiles = { p50: number; p99: number };

export async function admitAlone({
  database,
  jobs,
  clock,
}: Pick<AdmitBed, 'database' | 'jobs' | 'clock'>): Promise<Record<Durability, Percentiles>> {
  const store = new PostgresSubmissionStore(database, () => []);
  const tookMs: Record<Durability, number[]> = { durable: [], batched: [] };
  for (const [at, spec] of jobs.entries()) {
    const durability = at % 2 === 0 ? 'durable' : 'batched';
    const beganMs = clock.monotonicMs();
    await store.admit([applicantOf(spec)], { nowMs: clock.nowMs(), durability });
    tookMs[durability].push(clock.monotonicMs() - beganMs);
  }
  return { durable: percentiles(tookMs.durable), batched: percentiles(tookMs.batched) };
}

function percentiles(values: readonly number[]): Percentiles {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => Number((sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(2));
  return { p50: at(0.5), p99: at(0.99) };
}
