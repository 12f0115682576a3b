/**
 * A snapshot's parts: first which format it is in, then the state's (core/dump-state.ts). A version that changes what is
 * in them raises the number; it then refuses older ones rather than misread them.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { z } from 'zod';
import { dumpState, loadState } from '../core/dump-state.ts';
import type { SchedulerState } from '../core/state.ts';
import { pack, unpack } from '../log/snapshot-parts.ts';

export const snapshotFormat = 1;
const headSchema = z.object({ format: z.int() });

export function* writtenParts(state: SchedulerState): Generator<unknown> {
  yield { format: snapshotFormat };
  yield* dumpState(state);
}

export const writeSnapshot = (state: SchedulerState): AsyncIterable<Uint8Array> => pack(writtenParts(state));

export async function readSnapshot(snapshot: {
  seq: number;
  parts(): AsyncIterable<Uint8Array>;
}): Promise<SchedulerState> {
  const values = unpack(snapshot.parts());
  const head = headSchema.safeParse((await values.next()).value);
  if (head.data?.format !== snapshotFormat) throw incompatible(snapshot.seq, head.data?.format);
  return loadState(values);
}

const incompatible = (seq: number, format: number | undefined): CellbookError =>
  new CellbookError('snapshot_incompatible', {
    doing: `folding the record from its snapshot of event ${seq}`,
    problem: `it is in format ${format ?? 'unknown'}, this version reads ${snapshotFormat}`,
    next: 'Start the version that wrote it, or remove the snapshot where the log still reaches back to its first event.',
    ids: { seq },
  });
