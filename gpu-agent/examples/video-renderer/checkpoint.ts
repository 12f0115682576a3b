/**
 * What is done so far, in one file: a line of JSON, then the stream. It is written beside and renamed, so that whoever
 * reads it reads a whole one.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const headSchema = z.object({ digest: z.string(), framesDone: z.int().nonnegative(), bytes: z.int() });

export interface Done {
  framesDone: number;
  stream: Buffer;
}

export function writeCheckpoint(path: string, digest: string, { framesDone, stream }: Done): void {
  const head = JSON.stringify({ digest, framesDone, bytes: stream.length });
  writeFileSync(`${path}.new`, Buffer.concat([Buffer.from(`${head}\n`), stream]));
  renameSync(`${path}.new`, path);
}

/** Null where there is none, or one that is of another picture or damaged. */
export function readCheckpoint(path: string, digest: string): Done | null {
  if (!existsSync(path)) return null;
  const bytes = readFileSync(path);
  const end = bytes.indexOf('\n');
  const head = headSchema.safeParse(parseOrNull(bytes.subarray(0, Math.max(0, end)).toString()));
  if (!head.success || head.data.digest !== digest) return null;
  const stream = bytes.subarray(end + 1);
  return stream.length === head.data.bytes ? { framesDone: head.data.framesDone, stream } : null;
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
