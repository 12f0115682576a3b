/** Writes answers that need no thread: of few bytes, or none. */
import { writeSync } from 'node:fs';
import { answerHeader, errno } from './fuse-wire.ts';

/** An answer to somebody who is gone meanwhile is no error of ours. */
export function say(device: number, unique: bigint, payload: Buffer, failed: number = errno.none): void {
  try {
    writeSync(device, Buffer.concat([answerHeader(unique, payload.length, failed), payload]));
  } catch {
    // The kernel has given the request up.
  }
}
