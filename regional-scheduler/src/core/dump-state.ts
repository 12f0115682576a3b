/**
 * A snapshot: the state in parts, first the region, then the jobs, then what runs. Equal states give equal dumps, in
 * whatever order their tables were filled, so that a digest of one tells states apart. What follows from the rest
 * (heaps, classes, what is parked, what tiers hold) is not in it. As bytes: dump/encode-part.ts.
 */
import { createHash } from 'node:crypto';
import { encodePart } from './dump/encode-part.ts';
import { type DumpedJobs, dumpJobs, Lists, loadJobs } from './dump/jobs.ts';
import { type DumpedRegion, dumpRegion, loadRegion } from './dump/region.ts';
import { type DumpedRunning, dumpRunning, loadRunning } from './dump/running.ts';
import { newState, type SchedulerState } from './state.ts';

export type DumpPart =
  | ({ part: 'region' } & DumpedRegion)
  | ({ part: 'jobs' } & DumpedJobs)
  | ({ part: 'running' } & DumpedRunning);

/** Jobs in one part: about half a megabyte, so that writing one does not keep agents waiting. */
export const jobsPerPart = 5_000;

export function* dumpState(state: SchedulerState, perPart = jobsPerPart): Generator<DumpPart> {
  yield { part: 'region', ...dumpRegion(state) };
  const { jobs } = state;
  const rows = Int32Array.from(jobs.rows()).sort((a, b) => jobs.sequence[a]! - jobs.sequence[b]!);
  const lists = new Lists();
  for (let from = 0; from < rows.length; from += perPart)
    yield { part: 'jobs', ...dumpJobs(state, rows.subarray(from, from + perPart), lists) };
  yield { part: 'running', ...dumpRunning(state) };
}

/** The parts are this program's own, of the same version: they are believed. */
export async function loadState(
  parts: AsyncIterable<DumpPart> | Iterable<DumpPart>,
): Promise<SchedulerState> {
  const state = newState();
  for await (const part of parts) loadPart(state, part);
  return state;
}

export function loadPart(state: SchedulerState, part: DumpPart): void {
  if (part.part === 'region') loadRegion(state, part);
  else if (part.part === 'jobs') loadJobs(state, part);
  else loadRunning(state, part);
}

export function stateDigest(state: SchedulerState): string {
  const hash = createHash('sha256');
  for (const part of dumpState(state)) hash.update(encodePart(part));
  return hash.digest('hex');
}
