/** Where a job is: in a line, held, or in neither. What the transitions of apply-event.ts are made of. */

import type { HostId } from '@cellbook/shared/ids.ts';
import { isConfident } from '../../predict/confidence.ts';
import { avoidedHosts, outgrownMib } from '../contain/retry.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Host, HostKind } from '../fleet/host.ts';
import type { Row } from '../jobs/job-table.ts';
import type { JobTemplate } from '../jobs/template.ts';
import type { Tries } from '../jobs/tries.ts';
import type { Line } from '../queue/line.ts';
import { classKey, kindsFor, type Where } from '../queue/shape-class.ts';
import type { TierQueue } from '../queue/tier-queue.ts';
import type { SchedulerState } from '../state.ts';
import { dropReservation } from './claims.ts';

/**
 * A job's static key: shorter ones first, and after `ageingMs` each counts as e times shorter. Where nobody can tell how
 * long it takes, or it has taken longer than was predicted, by what it has attained: nothing yet counts as `unknownMs`,
 * and who has run for longer is expected to run for as long again.
 */
export function keyOf(state: SchedulerState, row: Row): number {
  const { jobs, policy } = state;
  const { gpus, tier } = jobs.templateOf(row);
  const predicted = { p50Ms: jobs.p50Ms[row]!, p95Ms: jobs.p95Ms[row]!, seen: jobs.seen[row]! };
  const attainedMs = state.tries.get(row)?.ranMs ?? 0;
  const isKnown = isConfident(predicted) && attainedMs <= predicted.p50Ms;
  const ms = isKnown ? leftMs(state, row) : Math.max(unknownMs, attainedMs);
  const seconds = (gpus * ms) / 1000;
  return Math.log(Math.max(1, seconds)) + jobs.submittedMs[row]! / Math.max(1, policy.tiers[tier].ageingMs);
}

/** As the predictor says where it knows nothing. */
const unknownMs = 120_000;

/** What is predicted of its running time, less what is saved of it. */
export function leftMs(state: SchedulerState, row: Row): number {
  const savedMs = state.tries.get(row)?.savedMs ?? 0;
  return Math.max(1000, state.jobs.p50Ms[row]! - savedMs);
}

export function enqueue(state: SchedulerState, row: Row): void {
  const queue = state.tiers[state.jobs.templateOf(row).tier];
  queue.enqueue(row, queue.customer(state.jobs.orgOf(row)), toWait(state, row));
}

/** Of a snapshot: `TierQueue.arrange` puts it where it belongs, with all others. */
export function loadQueued(state: SchedulerState, row: Row): void {
  const { jobs, tries } = state;
  const queue = state.tiers[jobs.templateOf(row).tier];
  jobs.key[row] = keyOf(state, row);
  // Who has never been tried waits with all of its template and organisation.
  queue.load(row, tries.has(row) ? lineOf(state, row, queue) : lineOfMany(state, row, queue));
}

function lineOfMany(state: SchedulerState, row: Row, queue: TierQueue): Line {
  const { jobs } = state;
  const template = jobs.template[row]!;
  const org = jobs.orgNumberOf(row);
  const known = queue.loading[template]?.[org];
  if (known) return known;
  const line = lineOf(state, row, queue);
  queue.loading[template] ??= [];
  queue.loading[template][org] = line;
  return line;
}

function lineOf(state: SchedulerState, row: Row, queue: TierQueue): Line {
  return queue.lineFor(whereOf(state, row), queue.customer(state.jobs.orgOf(row)));
}

/** Where it waits; with the key that it waits by. */
function toWait(state: SchedulerState, row: Row): Where {
  const { jobs } = state;
  jobs.key[row] = keyOf(state, row);
  jobs.setPhase(row, 'queued');
  return whereOf(state, row);
}

function whereOf({ jobs, fleet, tries }: SchedulerState, row: Row): Where {
  const template = jobs.templateOf(row);
  const failures = tries.get(row)?.failures ?? [];
  return failures.length === 0
    ? usualPlace(fleet, template)
    : placeOf(fleet, template, avoidedHosts(failures).sort(), outgrownMib(failures));
}

/** It begins to wait. */
export function arrive(state: SchedulerState, row: Row): void {
  const queue = state.tiers[state.jobs.templateOf(row).tier];
  queue.welcome(queue.customer(state.jobs.orgOf(row)));
  enqueue(state, row);
}

export function dequeue(state: SchedulerState, row: Row): void {
  const queue = state.tiers[state.jobs.templateOf(row).tier];
  queue.dequeue(row, queue.customer(state.jobs.orgOf(row)));
}

/** Its class or its key is another one now. */
export function queueAnew(state: SchedulerState, row: Row): void {
  dequeue(state, row);
  enqueue(state, row);
}

/** A kind of host came or went: jobs that may run on it are in other classes now. */
export function requeueFor(state: SchedulerState, kinds: readonly HostKind[]): void {
  if (kinds.length === 0) return;
  for (const row of [...state.jobs.rows()]) {
    if (state.jobs.phaseOf(row) !== 'queued') continue;
    if (kindsFor(state.jobs.templateOf(row), kinds).length > 0) queueAnew(state, row);
  }
}

/** A host came, changed or went: who ran out of memory may have larger GPUs now, or none any more. */
export function requeueOutgrown(state: SchedulerState): void {
  for (const [row, { failures }] of state.tries)
    if (outgrownMib(failures) > 0 && state.jobs.phaseOf(row) === 'queued') queueAnew(state, row);
}

export function hold(state: SchedulerState, row: Row, untilMs: number): void {
  state.jobs.heldUntilMs[row] = untilMs;
  state.jobs.setPhase(row, 'held');
  state.held.push(row);
}

/** Out of whatever it waits in. */
export function takeOut(state: SchedulerState, row: Row): void {
  const { jobs } = state;
  switch (jobs.phaseOf(row)) {
    case 'queued':
      dequeue(state, row);
      return;
    case 'held':
      state.held.removeAt(jobs.heapAt[row]!);
      return;
    case 'scheduled':
    case 'running':
    case 'spilling':
      return;
  }
}

/** It has ended, or is another region's. */
export function forget(state: SchedulerState, row: Row): void {
  takeOut(state, row);
  dropReservation(state, state.jobs.ids[row]!);
  noDeadline(state, row);
  state.tries.delete(row);
  state.jobs.remove(row);
}

export function noDeadline(state: SchedulerState, row: Row): void {
  const at = state.jobs.deadlineAt[row]!;
  if (at !== -1) state.deadlines.removeAt(at);
}

export function triesOf(state: SchedulerState, row: Row): Tries {
  const known = state.tries.get(row);
  if (known) return known;
  const made: Tries = {
    attempts: 0,
    ranMs: 0,
    savedMs: 0,
    checkpointKey: null,
    preemptions: 0,
    failures: [],
    live: null,
    cancel: null,
    queuedMs: state.jobs.submittedMs[row]!,
    handoff: 0,
  };
  state.tries.set(row, made);
  return made;
}

/** The same for all jobs of a template that have not failed. */
function usualPlace(fleet: Fleet, template: JobTemplate): Where {
  const known = fleet.places.get(template);
  if (known) return known;
  const made = placeOf(fleet, template, []);
  fleet.places.set(template, made);
  return made;
}

/**
 * Larger GPUs for who ran out of memory on smaller ones, where there are any that it may have: of the hosts that there
 * are, not of kinds that there were, which whoever was rebuilt does not know (`requeueOutgrown`).
 */
function placeOf(fleet: Fleet, template: JobTemplate, avoids: readonly HostId[], outgrown = 0): Where {
  const all = kindsFor(template, fleet.presentKinds);
  const larger = outgrown === 0 ? [] : largerKinds(fleet, template, avoids, outgrown);
  const fitting = all.filter((kind) => larger.includes(kind));
  const kinds = fitting.length > 0 ? fitting : all;
  const { interactive, gpus } = template;
  return { key: classKey(template, kinds, avoids), interactive, gpus, kinds, avoids };
}

function largerKinds(
  { ranked }: Fleet,
  { gpus }: JobTemplate,
  avoids: readonly HostId[],
  outgrown: number,
): HostKind[] {
  const isLarger = ({ spec, kind }: Host) =>
    kind.memoryMib > outgrown && spec.gpus >= gpus && !avoids.includes(spec.hostId);
  return [...new Set(ranked.filter(isLarger).map(({ kind }) => kind))];
}
