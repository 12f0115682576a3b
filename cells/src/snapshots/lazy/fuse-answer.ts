import { writevSync } from 'node:fs';
import { answerHeader, errno } from './fuse-wire.ts';

/** In one call, as the kernel wants it. An answer to somebody who is gone meanwhile is no error of ours. */
export function say(
  device: number,
  unique: bigint,
  payload: readonly Buffer[],
  failed: number = errno.none,
): void {
  const bytes = payload.reduce((sum, { length }) => sum + length, 0);
  try {
    writevSync(device, [answerHeader(unique, bytes, failed), ...payload]);
  } catch {
    // The kernel has given the request up.
  }
}
