/** Jobs in columns; what many have in common is told once a part. */
import type { JobId, OrgId, UserId } from '@cellbook/shared/ids.ts';
import { type LivePhase, livePhases, type Row } from '../jobs/job-table.ts';
import type { JobTemplate } from '../jobs/template.ts';
import type { Tries } from '../jobs/tries.ts';
import { enqueue, hold } from '../record/move-job.ts';
import type { SchedulerState } from '../state.ts';

type DumpedTries = Omit<Tries, 'live'>;

export interface DumpedJobs {
  templates: JobTemplate[];
  orgs: OrgId[];
  users: UserId[];
  features: (readonly string[])[];
  /** By job, in the order of arrival; the first four are places in the lists above. */
  columns: {
    template: number[];
    org: number[];
    user: number[];
    feature: number[];
    jobId: JobId[];
    sequence: number[];
    phase: number[];
    submittedMs: number[];
    p50Ms: number[];
    p95Ms: number[];
    seen: number[];
    reservedMicros: number[];
    deadlineMs: (number | null)[];
    notBeforeMs: (number | null)[];
    /** Null where it is not held, or held until it is ended. */
    heldUntilMs: (number | null)[];
  };
  /** By place in the columns. */
  tries: [number, DumpedTries][];
}

export function dumpJobs({ jobs, tries }: SchedulerState, rows: Int32Array): DumpedJobs {
  const templates = new Places<JobTemplate>();
  const orgs = new Places<OrgId>();
  const users = new Places<UserId>();
  const features = new Places<readonly string[]>();
  const each = <Value>(of: (row: Row) => Value): Value[] => Array.from(rows, of);
  const finite = (value: number) => (Number.isFinite(value) ? value : null);
  const isHeld = (row: Row) => jobs.phaseOf(row) === 'held';
  return {
    columns: {
      template: each((row) => templates.placeOf(jobs.templateOf(row))),
      org: each((row) => orgs.placeOf(jobs.orgOf(row))),
      user: each((row) => users.placeOf(jobs.userOf(row))),
      feature: each((row) => features.placeOf(jobs.featuresOf(row))),
      jobId: each((row) => jobs.ids[row]!),
      sequence: each((row) => jobs.sequence[row]!),
      phase: each((row) => jobs.phase[row]!),
      submittedMs: each((row) => jobs.submittedMs[row]!),
      p50Ms: each((row) => jobs.p50Ms[row]!),
      p95Ms: each((row) => jobs.p95Ms[row]!),
      seen: each((row) => jobs.seen[row]!),
      reservedMicros: each((row) => jobs.reservedMicros[row]!),
      deadlineMs: each((row) => finite(jobs.deadlineMs[row]!)),
      notBeforeMs: each((row) => finite(jobs.notBeforeMs[row]!)),
      heldUntilMs: each((row) => (isHeld(row) ? finite(jobs.heldUntilMs[row]!) : null)),
    },
    tries: [...rows.entries()].flatMap(([at, row]): [number, DumpedTries][] => {
      const own = tries.get(row);
      if (!own) return [];
      const { live: _, ...dumped } = own;
      return [[at, dumped]];
    }),
    templates: templates.values,
    orgs: orgs.values,
    users: users.values,
    features: features.values,
  };
}

export function loadJobs(state: SchedulerState, { columns, tries, ...lists }: DumpedJobs): void {
  const { jobs } = state;
  const triesAt = new Map(tries);
  for (const [at, jobId] of columns.jobId.entries()) {
    const { model, ...template } = lists.templates[columns.template[at]!]!;
    const spec = {
      ...template,
      jobId,
      orgId: lists.orgs[columns.org[at]!]!,
      userId: lists.users[columns.user[at]!]!,
      features: lists.features[columns.feature[at]!]!,
      submittedMs: columns.submittedMs[at]!,
      notBeforeMs: columns.notBeforeMs[at]!,
      deadlineMs: columns.deadlineMs[at]!,
      predicted: { p50Ms: columns.p50Ms[at]!, p95Ms: columns.p95Ms[at]!, seen: columns.seen[at]!, model },
      reservedMicros: columns.reservedMicros[at]!,
    };
    const row = jobs.add(spec, columns.sequence[at]!);
    const own = triesAt.get(at);
    if (own) state.tries.set(row, { ...structuredClone(own), live: null });
    if (spec.deadlineMs !== null && (own?.cancel ?? null) === null) state.deadlines.push(row);
    settle(state, row, livePhases[columns.phase[at]!]!, columns.heldUntilMs[at] ?? null);
  }
}

function settle(state: SchedulerState, row: Row, phase: LivePhase, heldUntilMs: number | null): void {
  if (phase === 'queued') enqueue(state, row);
  else if (phase === 'held') hold(state, row, heldUntilMs ?? Number.NEGATIVE_INFINITY);
  else state.jobs.setPhase(row, phase);
}

/** Values in the order in which they were first seen. */
class Places<Value> {
  readonly values: Value[] = [];
  readonly #places = new Map<Value, number>();

  placeOf(value: Value): number {
    const known = this.#places.get(value);
    if (known !== undefined) return known;
    this.#places.set(value, this.values.length);
    return this.values.push(value) - 1;
  }
}
