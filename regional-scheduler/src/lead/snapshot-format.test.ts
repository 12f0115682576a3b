/** Snapshots of this format and of the one before it, as they come back. */
import { expect, it } from 'vitest';
import type { DumpedJobs } from '../core/dump/jobs.ts';
import type { JobsOfFormat1 } from '../core/dump/jobs-of-format-1.ts';
import { type DumpPart, dumpState, stateDigest } from '../core/dump-state.ts';
import { livePhases } from '../core/jobs/job-table.ts';
import type { SchedulerState } from '../core/state.ts';
import { Walk } from '../core/testing/walk.ts';
import { pack } from '../log/snapshot-parts.ts';
import { readSnapshot, writeSnapshot } from './snapshot-format.ts';

function walked(): SchedulerState {
  const walk = new Walk(17);
  for (let step = 0; step < 60; step++) walk.step();
  return walk.region.state;
}

/** As the version before wrote them. */
function jobsAsBefore({ ids, columns, ...lists }: DumpedJobs): JobsOfFormat1 {
  const { features, deadlineMs, notBeforeMs, heldUntilMs, ...same } = columns;
  const numbers = (column: Iterable<number>) => [...column];
  const told = (column: Iterable<number>, isNone: (value: number, at: number) => boolean) =>
    [...column].map((value, at) => (isNone(value, at) ? null : value));
  const isHeld = (at: number) => livePhases[same.phase[at] ?? 0] === 'held';
  return {
    ...lists,
    columns: {
      ...{ template: numbers(same.template), org: numbers(same.org), user: numbers(same.user) },
      ...{ feature: numbers(features), sequence: numbers(same.sequence), phase: numbers(same.phase) },
      ...{ submittedMs: numbers(same.submittedMs), p50Ms: numbers(same.p50Ms), p95Ms: numbers(same.p95Ms) },
      ...{ seen: numbers(same.seen), reservedMicros: numbers(same.reservedMicros), jobId: ids },
      deadlineMs: told(deadlineMs, (value) => value === Number.POSITIVE_INFINITY),
      notBeforeMs: told(notBeforeMs, (value) => value === -1),
      heldUntilMs: told(heldUntilMs, (value, at) => !isHeld(at) || !Number.isFinite(value)),
    },
  };
}

const partAsBefore = (part: DumpPart): unknown =>
  part.part === 'jobs' ? { part: 'jobs', ...jobsAsBefore(part) } : part;
const json = (value: unknown) => Buffer.from(JSON.stringify(value));

it('a snapshot gives back the state that it was made of', async () => {
  const state = walked();
  expect(state.jobs.size).toBeGreaterThan(5);
  const read = await readSnapshot({ seq: 1, parts: () => writeSnapshot(state) });
  expect(stateDigest(read)).toBe(stateDigest(state));
});

it('so does one of the format before, all of it JSON', async () => {
  const state = walked();
  const parts = [{ format: 1 }, ...Array.from(dumpState(state), partAsBefore)].map(json);
  const read = await readSnapshot({ seq: 1, parts: () => pack(parts) });
  expect(stateDigest(read)).toBe(stateDigest(state));
});
