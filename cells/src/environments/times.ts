/**
 * The times of those files of a layer that have their own back: an image of a sandbox's memory is restored over files
 * that it had open or mapped only where size and time are what they were. One object, named like a chunk.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import type { TimeToSet } from '../storage/live/exact-times.ts';
import type { VolumeObjects } from '../storage/tree/volume-objects.ts';

const timesSchema = z.array(z.tuple([z.string().regex(/^-?\d+$/), z.array(z.string())]));
const none: ReadonlySet<string> = new Set();
/** 200,000 entries of 500 bytes. */
const timesBytesMax = limits.storage.entriesMax * 500;

export async function storeTimes(
  objects: VolumeObjects,
  times: readonly TimeToSet[],
  signal: AbortSignal,
): Promise<string | null> {
  if (times.length === 0) return null;
  const text = JSON.stringify(times.map(({ mtimeNs, path }) => [mtimeNs, path]));
  return objects.putChunk(gzipSync(text), none, signal);
}

export async function readTimes(
  objects: VolumeObjects,
  sha256: string | null,
  signal: AbortSignal,
): Promise<TimeToSet[]> {
  if (sha256 === null) return [];
  const bytes = gunzipSync(await objects.getChunk(sha256, signal), { maxOutputLength: timesBytesMax });
  return timesSchema.parse(JSON.parse(bytes.toString('utf8'))).map(([mtimeNs, path]) => ({ mtimeNs, path }));
}
