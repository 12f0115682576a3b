/**
 * Jobs as they are: from how they ended where that is settled, else from their events. Works with and without a
 * leader, on any instance. A job whose result is another's is as that one is, unless its own owner has cancelled it.
 */
import type { JobId } from '@cellbook/shared/ids.ts';
import { jobView, type SchedulerState } from '../core/state.ts';
import type { EventLog } from '../log/event-log.ts';
import { type FoldedJob, foldJob, jobIdOf, newJob } from './fold-job.ts';
import type { JobBrief, JobRecords } from './job-record.ts';

export interface Viewed {
  record: JobBrief;
  view: FoldedJob;
  /** Of the job whose result it has, where that is another. */
  costMicros: number | null;
  result: { key: string; bytes: number; untilMs: number } | null;
  /** Up to which event it was folded. */
  seq: number;
}

export interface ViewDeps {
  records: Pick<JobRecords, 'findBrief'>;
  log: Pick<EventLog, 'eventsOf'>;
  /** For jobs that have waited so long that their events are gone. */
  state(): SchedulerState | null;
}

export async function readViews(deps: ViewDeps, records: readonly JobBrief[]): Promise<Viewed[]> {
  const targets = records.flatMap(({ sameAs, end }) => (sameAs === null || end ? [] : [sameAs]));
  const found = await deps.records.findBrief([...new Set(targets)]);
  const byId = new Map([...found, ...records].map((record) => [record.jobId, record]));
  const wanted = [...byId.values()].filter(({ end, spec }) => end === null && spec !== null);
  const folded = await foldAll(deps, wanted);
  return records.map((record) => {
    const target = record.sameAs === null || record.end ? undefined : byId.get(record.sameAs);
    return target ? joined(record, viewOf(target, folded)) : viewOf(record, folded);
  });
}

type Folded = ReadonlyMap<JobId, { view: FoldedJob; seq: number }>;

async function foldAll({ log, state }: ViewDeps, records: readonly JobBrief[]): Promise<Folded> {
  const folded = new Map(records.map(({ jobId }) => [jobId, { view: newJob(null), seq: 0 }]));
  if (records.length === 0) return folded;
  for (const { event, seq } of await log.eventsOf([...folded.keys()])) {
    const jobId = jobIdOf(event);
    const one = jobId && folded.get(jobId);
    if (!one) continue;
    foldJob(one.view, event);
    one.seq = seq;
  }
  const now = state();
  if (now) for (const [jobId, { view, seq }] of folded) if (seq === 0) takeFromState(view, now, jobId);
  return folded;
}

function takeFromState(view: FoldedJob, state: SchedulerState, jobId: JobId): void {
  const known = jobView(state, jobId);
  if (!known) return;
  const { phase, heldUntilMs, cancelAsked, preemptions, savedMs } = known;
  Object.assign(view, { phase, heldUntilMs, cancelAsked, preemptions, savedMs });
}

function viewOf(record: JobBrief, folded: Folded): Viewed {
  const { end } = record;
  if (!end) {
    const { view, seq } = folded.get(record.jobId) ?? { view: newJob(null), seq: 0 };
    return { record, view, costMicros: null, result: null, seq };
  }
  const { view, costMicros, resultKey, resultUntilMs } = end;
  const result =
    resultKey === null || resultUntilMs === null
      ? null
      : { key: resultKey, bytes: view.result?.bytes ?? 0, untilMs: resultUntilMs };
  return { record, view, costMicros, result, seq: Number.POSITIVE_INFINITY };
}

/** It costs nothing, and has no attempts of its own. */
function joined(record: JobBrief, { view, result, seq }: Viewed): Viewed {
  const isLeft = record.cancelAsked && view.endedMs === null;
  const own = isLeft ? { phase: 'cancelled' as const, because: 'its owner cancelled it' } : {};
  return {
    record,
    view: { ...view, ...own, attempts: [], preemptions: 0 },
    costMicros: view.endedMs === null && !isLeft ? null : 0,
    result: isLeft ? null : result,
    seq,
  };
}
