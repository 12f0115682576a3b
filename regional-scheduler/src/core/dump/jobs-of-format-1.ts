/** Jobs as snapshots of format 1 hold them, columns of JSON: read on, since a log need not reach back to its first event. */
import type { JobId } from '@cellbook/shared/ids.ts';
import type { LivePhase } from '../jobs/job-table.ts';
import { livePhases } from '../jobs/job-table.ts';
import type { DumpedJobs } from './jobs.ts';

type Told = (number | null)[];

export interface JobsOfFormat1 extends Omit<DumpedJobs, 'ids' | 'columns'> {
  columns: Record<
    'template' | 'org' | 'user' | 'feature' | 'sequence' | 'phase' | 'submittedMs' | 'p50Ms' | 'p95Ms',
    number[]
  > &
    Record<'seen' | 'reservedMicros', number[]> &
    Record<'deadlineMs' | 'notBeforeMs' | 'heldUntilMs', Told> & { jobId: JobId[] };
}

const held = livePhases.indexOf('held' satisfies LivePhase);

export function jobsOfFormat1({ columns: old, ...lists }: JobsOfFormat1): DumpedJobs {
  const floats = (told: Told, none: number) => Float64Array.from(told, (value) => value ?? none);
  return {
    ...lists,
    ids: old.jobId,
    columns: {
      template: Int32Array.from(old.template),
      org: Int32Array.from(old.org),
      user: Int32Array.from(old.user),
      features: Int32Array.from(old.feature),
      phase: Uint8Array.from(old.phase),
      sequence: Float64Array.from(old.sequence),
      submittedMs: Float64Array.from(old.submittedMs),
      p50Ms: Float64Array.from(old.p50Ms),
      p95Ms: Float64Array.from(old.p95Ms),
      seen: Float64Array.from(old.seen),
      reservedMicros: Float64Array.from(old.reservedMicros),
      deadlineMs: floats(old.deadlineMs, Number.POSITIVE_INFINITY),
      notBeforeMs: floats(old.notBeforeMs, -1),
      heldUntilMs: Float64Array.from(old.heldUntilMs, (untilMs, at) =>
        old.phase[at] === held ? (untilMs ?? Number.NEGATIVE_INFINITY) : 0,
      ),
    },
  };
}
