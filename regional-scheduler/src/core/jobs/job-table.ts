/**
 * Every job that has not ended, one row each, in columns: a million of them are a few dozen arrays, which the garbage
 * collector need not walk. What many jobs have in common (template, user, features) is kept once. Rows of ended jobs
 * are used again, so a row's number means nothing outside this process and orders nothing: `sequence` does.
 */
import type { JobId } from '@cellbook/shared/ids.ts';
import type { DumpedJobs } from '../dump/jobs.ts';
import type { JobSpec } from '../model/job.ts';
import { Interner, Told } from './interner.ts';
import { type JobTemplate, templateKey, templateOf } from './template.ts';

/** An index into the table. */
export type Row = number;

export const livePhases = ['held', 'queued', 'scheduled', 'running', 'spilling'] as const;
export type LivePhase = (typeof livePhases)[number];

const none = -1;

interface ToldLists {
  templates: Told<JobTemplate>;
  orgs: Told<JobSpec['orgId']>;
  users: Told<JobSpec['userId']>;
  features: Told<readonly string[]>;
}

const featuresKey = (features: readonly string[]): string => features.join('\n');

export class JobTable {
  readonly ids: JobId[] = [];
  /** In the order of arrival: the last word wherever else two are alike. */
  sequence = new Float64Array(0);
  submittedMs = new Float64Array(0);
  /** The static key of the order inside a customer. */
  key = new Float64Array(0);
  p50Ms = new Float64Array(0);
  p95Ms = new Float64Array(0);
  seen = new Float64Array(0);
  reservedMicros = new Float64Array(0);
  /** `Infinity`: none. */
  deadlineMs = new Float64Array(0);
  /** NaN: none. */
  notBeforeMs = new Float64Array(0);
  /** Of a held job: until when. */
  heldUntilMs = new Float64Array(0);
  phase = new Uint8Array(0);
  /** Where it lies in the one heap that its phase puts it into (its line, or those that are held). */
  heapAt = new Int32Array(0);
  deadlineAt = new Int32Array(0);
  template = new Int32Array(0);
  /** The class that it waits in (tier-queue.ts). */
  shape = new Int32Array(0);
  #org = new Int32Array(0);
  #user = new Int32Array(0);
  #features = new Int32Array(0);

  readonly #rowById = new Map<JobId, Row>();
  readonly #free: Row[] = [];
  readonly #templates = new Interner<JobTemplate>();
  readonly #orgs = new Interner<JobSpec['orgId']>();
  readonly #users = new Interner<JobSpec['userId']>();
  readonly #featureSets = new Interner<readonly string[]>();
  /** While a snapshot is loaded. */
  #told: ToldLists | null = null;

  get size(): number {
    return this.#rowById.size;
  }

  rowOf(jobId: JobId): Row | undefined {
    return this.#rowById.get(jobId);
  }

  rows(): IterableIterator<Row> {
    return this.#rowById.values();
  }

  /** For a phase that few are in: one byte of each is looked at, not the job. */
  *inPhase(phase: LivePhase): Generator<Row> {
    const code = livePhases.indexOf(phase);
    for (let row = this.phase.indexOf(code); row !== -1; row = this.phase.indexOf(code, row + 1))
      if (this.#rowById.get(this.ids[row]!) === row) yield row;
  }

  add(spec: JobSpec, sequence: number): Row {
    const row = this.#free.pop() ?? this.ids.length;
    if (row >= this.phase.length) this.#grow(Math.max(1024, 2 * this.phase.length));
    this.ids[row] = spec.jobId;
    this.#rowById.set(spec.jobId, row);
    this.sequence[row] = sequence;
    this.submittedMs[row] = spec.submittedMs;
    this.reservedMicros[row] = spec.reservedMicros;
    this.deadlineMs[row] = spec.deadlineMs ?? Number.POSITIVE_INFINITY;
    this.notBeforeMs[row] = spec.notBeforeMs ?? Number.NaN;
    this.heldUntilMs[row] = 0;
    this.heapAt[row] = none;
    this.deadlineAt[row] = none;
    this.template[row] = this.#templateIndex(spec);
    this.#org[row] = this.#orgs.acquire(spec.orgId, () => spec.orgId);
    this.#user[row] = this.#users.acquire(spec.userId, () => spec.userId);
    this.#features[row] = this.#featureSets.acquire(featuresKey(spec.features), () => spec.features);
    this.p50Ms[row] = spec.predicted.p50Ms;
    this.p95Ms[row] = spec.predicted.p95Ms;
    this.seen[row] = spec.predicted.seen;
    return row;
  }

  /** Of a snapshot's part, into a table that nothing was removed from; their rows follow one another from the first. */
  addAll({ ids, columns, ...lists }: DumpedJobs): Row {
    const first = this.ids.length;
    if (this.#free.length > 0) throw new RangeError('jobs are loaded into a table that has been used');
    const rows = first + ids.length;
    if (rows > this.phase.length) this.#grow(Math.max(1024, 2 * this.phase.length, rows));
    for (const jobId of ids) this.#rowById.set(jobId, this.ids.push(jobId) - 1);
    const { template, org, user, features, ...own } = columns;
    for (const name of Object.keys(own) as (keyof typeof own)[]) this[name].set(own[name], first);
    for (let row = first; row < rows; row++)
      if (this.notBeforeMs[row] === -1) this.notBeforeMs[row] = Number.NaN;
    this.heapAt.fill(none, first, rows);
    this.deadlineAt.fill(none, first, rows);
    const before = lists.before ?? { templates: 0, orgs: 0, users: 0, features: 0 };
    const told = this.#told ?? this.#tell();
    this.#told = told;
    this.template.set(told.templates.acquire(lists.templates, template, before.templates), first);
    this.#org.set(told.orgs.acquire(lists.orgs, org, before.orgs), first);
    this.#user.set(told.users.acquire(lists.users, user, before.users), first);
    this.#features.set(told.features.acquire(lists.features, features, before.features), first);
    return first;
  }

  /** All parts have been loaded. */
  loaded(): void {
    this.#told = null;
  }

  remove(row: Row): void {
    this.#rowById.delete(this.ids[row]!);
    this.#templates.release(this.template[row]!);
    this.#orgs.release(this.#org[row]!);
    this.#users.release(this.#user[row]!);
    this.#featureSets.release(this.#features[row]!);
    this.#free.push(row);
  }

  repredict(row: Row, predicted: JobSpec['predicted']): void {
    const spec = { ...this.spec(row), predicted };
    const old = this.template[row]!;
    this.template[row] = this.#templateIndex(spec);
    this.#templates.release(old);
    this.p50Ms[row] = predicted.p50Ms;
    this.p95Ms[row] = predicted.p95Ms;
    this.seen[row] = predicted.seen;
  }

  templateOf(row: Row): JobTemplate {
    return this.#templates.value(this.template[row]!);
  }

  orgOf(row: Row): JobSpec['orgId'] {
    return this.#orgs.value(this.#org[row]!);
  }

  /** Stands for the organisation as long as any job of it is here. */
  orgNumberOf(row: Row): number {
    return this.#org[row]!;
  }

  userOf(row: Row): JobSpec['userId'] {
    return this.#users.value(this.#user[row]!);
  }

  featuresOf(row: Row): readonly string[] {
    return this.#featureSets.value(this.#features[row]!);
  }

  notBeforeOf(row: Row): number | null {
    const notBeforeMs = this.notBeforeMs[row]!;
    return Number.isNaN(notBeforeMs) ? null : notBeforeMs;
  }

  phaseOf(row: Row): LivePhase {
    return livePhases[this.phase[row]!]!;
  }

  setPhase(row: Row, phase: LivePhase): void {
    this.phase[row] = livePhases.indexOf(phase);
  }

  /** The job as it was submitted, put together again. */
  spec(row: Row): JobSpec {
    const { model, ...template } = this.templateOf(row);
    const deadlineMs = this.deadlineMs[row]!;
    return {
      ...template,
      jobId: this.ids[row]!,
      orgId: this.orgOf(row),
      userId: this.userOf(row),
      features: this.featuresOf(row),
      submittedMs: this.submittedMs[row]!,
      notBeforeMs: this.notBeforeOf(row),
      deadlineMs: deadlineMs === Number.POSITIVE_INFINITY ? null : deadlineMs,
      predicted: { p50Ms: this.p50Ms[row]!, p95Ms: this.p95Ms[row]!, seen: this.seen[row]!, model },
      reservedMicros: this.reservedMicros[row]!,
    };
  }

  #tell(): ToldLists {
    const keyOfTemplate = (one: JobTemplate) => templateKey(one, one.model);
    return {
      templates: new Told(this.#templates, keyOfTemplate),
      orgs: new Told(this.#orgs, String),
      users: new Told(this.#users, String),
      features: new Told(this.#featureSets, featuresKey),
    };
  }

  #templateIndex(spec: JobSpec): number {
    return this.#templates.acquire(templateKey(spec, spec.predicted.model), () => templateOf(spec));
  }

  #grow(rows: number): void {
    const longer = <Column extends Float64Array | Int32Array | Uint8Array>(old: Column, made: Column) => {
      made.set(old);
      return made;
    };
    const floats = (old: Float64Array) => longer(old, new Float64Array(rows)) as Float64Array<ArrayBuffer>;
    const ints = (old: Int32Array) => longer(old, new Int32Array(rows)) as Int32Array<ArrayBuffer>;
    this.sequence = floats(this.sequence);
    this.submittedMs = floats(this.submittedMs);
    this.key = floats(this.key);
    this.p50Ms = floats(this.p50Ms);
    this.p95Ms = floats(this.p95Ms);
    this.seen = floats(this.seen);
    this.reservedMicros = floats(this.reservedMicros);
    this.deadlineMs = floats(this.deadlineMs);
    this.notBeforeMs = floats(this.notBeforeMs);
    this.heldUntilMs = floats(this.heldUntilMs);
    this.heapAt = ints(this.heapAt);
    this.deadlineAt = ints(this.deadlineAt);
    this.template = ints(this.template);
    this.shape = ints(this.shape);
    this.#org = ints(this.#org);
    this.#user = ints(this.#user);
    this.#features = ints(this.#features);
    this.phase = longer(this.phase, new Uint8Array(rows)) as Uint8Array<ArrayBuffer>;
  }
}
