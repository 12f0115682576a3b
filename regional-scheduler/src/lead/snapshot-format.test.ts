/** Snapshots of this format and of those before it, as they come back. */
import { expect, it } from 'vitest';
import { encodePart } from '../core/dump/encode-part.ts';
import { type DumpedJobs, dumpJobs, Lists } from '../core/dump/jobs.ts';
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

/** As the first version wrote them. */
function jobsAsBefore({ ids, columns, before: _, ...lists }: DumpedJobs): JobsOfFormat1 {
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

it('so does one of format 2, whose parts each tell anew what many jobs have in common', async () => {
  const state = walked();
  const { jobs } = state;
  const rows = Int32Array.from(jobs.rows()).sort((a, b) => jobs.sequence[a]! - jobs.sequence[b]!);
  const parts: Uint8Array[] = [json({ format: 2 })];
  for (const part of dumpState(state)) {
    if (part.part !== 'jobs') parts.push(encodePart(part));
    else
      for (let from = 0; from < rows.length; from += 3) {
        const { before: _, ...alone } = dumpJobs(state, rows.subarray(from, from + 3), new Lists());
        parts.push(encodePart({ part: 'jobs', ...alone }));
      }
  }
  expect(parts.length).toBeGreaterThan(4);
  const read = await readSnapshot({ seq: 1, parts: () => pack(parts) });
  expect(stateDigest(read)).toBe(stateDigest(state));
});

it('so does one of format 1, all of it JSON', async () => {
  const state = walked();
  const parts = [{ format: 1 }, ...Array.from(dumpState(state), partAsBefore)].map(json);
  const read = await readSnapshot({ seq: 1, parts: () => pack(parts) });
  expect(stateDigest(read)).toBe(stateDigest(state));
});
