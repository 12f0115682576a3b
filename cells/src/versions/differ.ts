/** Compares versions in a thread (threads/thread.ts): two large notebooks take a second or two of one core. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { diffSchema, type FileDiff } from '@cellbook/shared/protocol/versions-api.ts';
import { z } from 'zod';
import { fromWire, wireErrorSchema } from '../host/wire/wire-error.ts';
import { createThread } from '../threads/thread.ts';
import { assertComparable, type Compared } from './diff-files.ts';

export interface Differ {
  /** Throws `too_large`, `command_timeout`, `rate_limited`. */
  diff(workspaceId: WorkspaceId, compared: Compared): Promise<FileDiff>;
  close(): Promise<void>;
}

const postedSchema = z.object({ diff: diffSchema }).or(z.object({ error: wireErrorSchema }));
const doing = 'comparing two versions of a file';
const threadFile = new URL('./diff-thread.ts', import.meta.url);

export function createDiffer(clock: Clock, file: URL = threadFile): Differ {
  const { diffMs: deadlineMs, threadMemoryMiB: memoryMiB, waitingMax } = limits.versions;
  const thread = createThread<Compared, FileDiff>({
    ...{ clock, file, deadlineMs, memoryMiB, waitingMax, doing },
    read(posted) {
      const answer = postedSchema.parse(posted);
      if ('error' in answer) throw fromWire(answer.error);
      return answer.diff;
    },
  });
  let heldBytes = 0;
  return {
    async diff(workspaceId, compared) {
      // Before it is copied into the thread.
      assertComparable(compared);
      const bytes = compared.before.length + compared.after.length;
      if (heldBytes + bytes > limits.versions.waitingBytesMax) throw tooManyWait();
      heldBytes += bytes;
      try {
        return await thread.ask(workspaceId, compared);
      } finally {
        heldBytes -= bytes;
      }
    },
    close: () => thread.close(),
  };
}

const tooManyWait = (): CellbookError =>
  new CellbookError('rate_limited', {
    doing,
    problem: 'this cell has as much to compare already as it can hold',
    next: 'Wait a moment and try again.',
    retryAfterMs: 1_000,
  });
