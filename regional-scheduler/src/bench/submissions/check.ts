/** After the load: whether everything that was acknowledged is stored, and was taken in by a leader. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { sleep } from '@cellbook/shared/clock.ts';
import type { Database } from '../../db/database.ts';

export interface Checked {
  /** Acknowledged, and in no table or in no event. */
  lost: number;
  /** Stored and not acknowledged: its answer was lost, or the one who asked gave up. */
  storedOnly: number;
  /** From the end of the load until the last was in the log. */
  takenInSeconds: number;
}

const withinMs = 300_000;

export async function checkAcknowledged(
  { $client: sql }: Database,
  acknowledged: ReadonlySet<string>,
  clock: Clock,
): Promise<Checked> {
  const beganMs = clock.monotonicMs();
  const stored = await sql<{ job_id: string }[]>`select job_id from submissions`;
  const count = async () => {
    const [row] = await sql<{ count: number }[]>`
      select count(*)::float8 as count from events where type = 'job_submitted'`;
    return row?.count ?? 0;
  };
  while ((await count()) < stored.length && clock.monotonicMs() - beganMs < withinMs) await sleep(clock, 500);
  const takenInSeconds = Number(((clock.monotonicMs() - beganMs) / 1_000).toFixed(1));
  const taken = await sql<{ job_id: string }[]>`select job_id from events where type = 'job_submitted'`;
  const [inTable, inLog] = [stored, taken].map((rows) => new Set(rows.map(({ job_id }) => job_id)));
  let lost = 0;
  for (const jobId of acknowledged) if (!inTable?.has(jobId) || !inLog?.has(jobId)) lost++;
  const storedOnly = stored.filter(({ job_id }) => !acknowledged.has(job_id)).length;
  return { lost, storedOnly, takenInSeconds };
}
