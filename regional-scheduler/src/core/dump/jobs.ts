/**
 * Jobs in columns of numbers, as the table has them, so that a part of a snapshot is loaded by copying arrays; what many
 * have in common is told once, in the first part that has a job of it: ten thousand customers are in each of two hundred
 * parts, and to look their names up anew for each took a seventh of all the time.
 */
import type { JobId, OrgId, UserId } from '@cellbook/shared/ids.ts';
import { livePhases, type Row } from '../jobs/job-table.ts';
import type { JobTemplate } from '../jobs/template.ts';
import type { Tries } from '../jobs/tries.ts';
import { hold, loadQueued } from '../record/move-job.ts';
import type { SchedulerState } from '../state.ts';

export type DumpedTries = Omit<Tries, 'live'>;

/** The first four are places in the lists. */
export const columnTypes = {
  template: Int32Array,
  org: Int32Array,
  user: Int32Array,
  features: Int32Array,
  phase: Uint8Array,
  sequence: Float64Array,
  submittedMs: Float64Array,
  p50Ms: Float64Array,
  p95Ms: Float64Array,
  seen: Float64Array,
  reservedMicros: Float64Array,
  /** `Infinity`: none. */
  deadlineMs: Float64Array,
  /** −1: none, for there are many numbers that are none. */
  notBeforeMs: Float64Array,
  /** 0 where it is not held, `-Infinity` where it is held until it is ended. */
  heldUntilMs: Float64Array,
} as const;

export type ColumnName = keyof typeof columnTypes;
export type Columns = { [Name in ColumnName]: InstanceType<(typeof columnTypes)[Name]> };

export interface DumpedJobs {
  /** How long each list was before this part, which tells only what is new in it. Absent: each part told its own. */
  before?: Record<ListName, number>;
  templates: JobTemplate[];
  orgs: OrgId[];
  users: UserId[];
  features: (readonly string[])[];
  /** In the order of arrival, as the columns are. */
  ids: JobId[];
  columns: Columns;
  /** By place in the columns. */
  tries: [number, DumpedTries][];
}

export type ListName = 'templates' | 'orgs' | 'users' | 'features';

/** Of the parts of one dump. */
export class Lists {
  readonly templates = new Places<JobTemplate>();
  readonly orgs = new Places<OrgId>();
  readonly users = new Places<UserId>();
  readonly features = new Places<readonly string[]>();
}

export function dumpJobs({ jobs, tries }: SchedulerState, rows: Int32Array, lists: Lists): DumpedJobs {
  const { templates, orgs, users, features } = lists;
  const before = {
    ...{ templates: templates.size, orgs: orgs.size, users: users.size, features: features.size },
  };
  const ints = (of: (row: Row) => number) => Int32Array.from(rows, of);
  const floats = (of: (row: Row) => number) => Float64Array.from(rows, of);
  const isHeld = (row: Row) => jobs.phaseOf(row) === 'held';
  const columns: Columns = {
    template: ints((row) => templates.placeOf(jobs.templateOf(row))),
    org: ints((row) => orgs.placeOf(jobs.orgOf(row))),
    user: ints((row) => users.placeOf(jobs.userOf(row))),
    features: ints((row) => features.placeOf(jobs.featuresOf(row))),
    phase: Uint8Array.from(rows, (row) => jobs.phase[row]!),
    sequence: floats((row) => jobs.sequence[row]!),
    submittedMs: floats((row) => jobs.submittedMs[row]!),
    p50Ms: floats((row) => jobs.p50Ms[row]!),
    p95Ms: floats((row) => jobs.p95Ms[row]!),
    seen: floats((row) => jobs.seen[row]!),
    reservedMicros: floats((row) => jobs.reservedMicros[row]!),
    deadlineMs: floats((row) => jobs.deadlineMs[row]!),
    notBeforeMs: floats((row) => jobs.notBeforeOf(row) ?? -1),
    heldUntilMs: floats((row) => (isHeld(row) ? jobs.heldUntilMs[row]! : 0)),
  };
  return {
    ...{ before, columns, ids: Array.from(rows, (row) => jobs.ids[row]!) },
    tries: [...rows.entries()].flatMap(([at, row]): [number, DumpedTries][] => {
      const own = tries.get(row);
      if (!own) return [];
      const { live: _, ...dumped } = own;
      return [[at, dumped]];
    }),
    templates: templates.after(before.templates),
    orgs: orgs.after(before.orgs),
    users: users.after(before.users),
    features: features.after(before.features),
  };
}

/** Those that wait are put in order once all parts are loaded. */
export function loadJobs(state: SchedulerState, dumped: DumpedJobs): void {
  const { jobs, deadlines } = state;
  const { columns, ids } = dumped;
  const firstRow = jobs.addAll(dumped);
  for (const [at, own] of dumped.tries)
    state.tries.set(firstRow + at, { ...structuredClone(own), live: null });
  for (let at = 0; at < ids.length; at++) {
    const row = firstRow + at;
    if (
      columns.deadlineMs[at] !== Number.POSITIVE_INFINITY &&
      (state.tries.get(row)?.cancel ?? null) === null
    )
      deadlines.push(row);
    const phase = livePhases[columns.phase[at]!]!;
    if (phase === 'queued') loadQueued(state, row);
    else if (phase === 'held') hold(state, row, columns.heldUntilMs[at]!);
    else jobs.setPhase(row, phase);
  }
}

/** Values in the order in which they were first seen. */
class Places<Value> {
  readonly #values: Value[] = [];
  readonly #places = new Map<Value, number>();

  get size(): number {
    return this.#values.length;
  }

  after(place: number): Value[] {
    return this.#values.slice(place);
  }

  placeOf(value: Value): number {
    const known = this.#places.get(value);
    if (known !== undefined) return known;
    this.#places.set(value, this.#values.length);
    return this.#values.push(value) - 1;
  }
}
