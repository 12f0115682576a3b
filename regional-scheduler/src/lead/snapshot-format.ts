/**
 * A snapshot's parts: first which format it is in, as JSON, then the state's. Formats 2 and 3 have columns of numbers
 * (core/dump/encode-part.ts), and parts of format 2 each tell anew what many jobs have in common; format 1 is all of it
 * JSON. Both are read on, since a log need not reach back to its first event.
 * A version that changes what is in them raises the number; one it does not know it refuses rather than misread it.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { z } from 'zod';
import { decodePart, encodePart } from '../core/dump/encode-part.ts';
import { type JobsOfFormat1, jobsOfFormat1 } from '../core/dump/jobs-of-format-1.ts';
import { type DumpPart, dumpState, loadState } from '../core/dump-state.ts';
import type { SchedulerState } from '../core/state.ts';
import { pack, unpack } from '../log/snapshot-parts.ts';

export const snapshotFormat = 3;
const headSchema = z.object({ format: z.int() });

type PartReader = (bytes: Uint8Array) => DumpPart;
const readers: Record<number, PartReader> = { 1: partOfFormat1, 2: decodePart, 3: decodePart };

export const writeSnapshot = (state: SchedulerState): AsyncIterable<Uint8Array> => pack(writtenParts(state));

function* writtenParts(state: SchedulerState): Generator<Uint8Array> {
  yield Buffer.from(JSON.stringify({ format: snapshotFormat }));
  for (const part of dumpState(state)) yield encodePart(part);
}

export async function readSnapshot(snapshot: {
  seq: number;
  parts(): AsyncIterable<Uint8Array>;
}): Promise<SchedulerState> {
  const parts = unpack(snapshot.parts());
  const first = await parts.next();
  const head = headSchema.safeParse(first.done ? null : jsonOf(first.value));
  const read = head.success ? readers[head.data.format] : undefined;
  if (!read) throw incompatible(snapshot.seq, head.data?.format);
  return loadState(each(parts, read));
}

async function* each(parts: AsyncIterable<Uint8Array>, read: PartReader): AsyncGenerator<DumpPart> {
  for await (const part of parts) yield read(part);
}

function partOfFormat1(bytes: Uint8Array): DumpPart {
  const part = jsonOf(bytes) as Exclude<DumpPart, { part: 'jobs' }> | ({ part: 'jobs' } & JobsOfFormat1);
  return part.part === 'jobs' ? { part: 'jobs', ...jobsOfFormat1(part) } : part;
}

const jsonOf = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString());

const incompatible = (seq: number, format: number | undefined): CellbookError =>
  new CellbookError('snapshot_incompatible', {
    doing: `folding the record from its snapshot of event ${seq}`,
    problem: `it is in format ${format ?? 'unknown'}, this version reads ${snapshotFormat}`,
    next: 'Start the version that wrote it, or remove the snapshot where the log still reaches back to its first event.',
    ids: { seq },
  });
