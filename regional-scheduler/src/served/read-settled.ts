/** Jobs of a region that have succeeded, a page after the other in the order in which they came. Reads only. */
import { z } from 'zod';
import type { Database } from '../db/database.ts';
import { jobRequestSchema, jobSpecSchema } from '../db/job-spec.ts';
import type { SettledJob } from './served-job-of.ts';

const pageRows = 500;

/** Of what is kept with an end, as much as is read here. */
const attemptSchema = z.looseObject({
  ranMs: z.number().nullable(),
  startedMs: z.number().nullable(),
  endedMs: z.number().nullable(),
  savedMsBefore: z.number(),
});
const rowSchema = z.object({
  position: z.coerce.number(),
  spec: jobSpecSchema,
  request: jobRequestSchema.pick({ prompt: true, parameters: true }),
  view: z.looseObject({ attempts: z.array(attemptSchema) }),
});

export async function* readSettled({ $client: sql }: Database, sinceMs: number): AsyncGenerator<SettledJob> {
  let after = 0;
  for (;;) {
    const rows = await sql`
      select s.position::text, s.spec, s.request, e.view
      from submissions s join job_ends e on e.job_id = s.job_id
      where s.position > ${after} and s.submitted_ms >= ${sinceMs} and s.spec is not null and e.phase = 'succeeded'
      order by s.position limit ${pageRows}`;
    for (const row of rows) {
      const { position, spec, request, view } = rowSchema.parse(row);
      after = position;
      yield { spec, ...request, view };
    }
    if (rows.length < pageRows) return;
  }
}
