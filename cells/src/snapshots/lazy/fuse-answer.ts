import { writevSync } from 'node:fs';
import type { FuseDevice } from './fuse-device.ts';
import { answerHeader, errno } from './fuse-wire.ts';

/** In one call, as the kernel wants it. An answer to somebody who is gone meanwhile is no error of ours. */
export function say(
  { fd }: Pick<FuseDevice, 'fd'>,
  unique: bigint,
  payload: readonly Buffer[],
  failed: number = errno.none,
): void {
  if (fd < 0) return;
  const bytes = payload.reduce((sum, { length }) => sum + length, 0);
  try {
    writevSync(fd, [answerHeader(unique, bytes, failed), ...payload]);
  } catch {
    // The kernel has given the request up.
  }
}
