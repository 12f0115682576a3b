/** The jobs of Microsoft's Philly cluster (ATC 2019): when each came, how long it ran on how many GPUs, and whose it was. */
import { z } from 'zod';
import { readTable } from '../read-table.ts';

export interface PhillyJob {
  /** From the first one. */
  submitMs: number;
  runMs: number;
  gpus: number;
  /** Its virtual cluster: the group that shares a quota. */
  group: string;
}

const rowSchema = z.object({
  timestamp: z.string().regex(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/),
  duration: z.coerce.number().nonnegative(),
  num_gpus: z.coerce.number().int().positive(),
  cluster: z.string().min(1),
});

/** In the order of submission. */
export function readPhilly(path: string): PhillyJob[] {
  const rows = readTable(
    path,
    rowSchema,
    'Give jobs of Philly, as CSV: timestamp, duration, num_gpus, cluster',
  );
  const jobs = rows.map((row) => ({
    submitMs: Date.parse(`${row.timestamp.replace(' ', 'T')}Z`),
    runMs: Math.max(1, Math.round(row.duration * 1000)),
    gpus: row.num_gpus,
    group: row.cluster,
  }));
  jobs.sort((a, b) => a.submitMs - b.submitMs);
  const firstMs = jobs[0]!.submitMs;
  return jobs.map((job) => ({ ...job, submitMs: job.submitMs - firstMs }));
}
