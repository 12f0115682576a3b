/** Scans files in a thread (threads/thread.ts), so that no save and no socket waits for a regular expression. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { type Finding, findingSchema } from '@cellbook/shared/protocol/findings-api.ts';
import { z } from 'zod';
import { createThread } from '../threads/thread.ts';
import type { SavedFile } from './scan.ts';

export interface Scanner {
  /** Throws `internal` when the file could not be scanned, `command_timeout` when it took too long. */
  scan(workspaceId: WorkspaceId, file: SavedFile): Promise<Finding[]>;
  close(): Promise<void>;
}

const answerSchema = z.array(findingSchema).nullable();
const threadFile = new URL('./scan-thread.ts', import.meta.url);
const doing = 'looking for credentials in a saved file';

export function createScanner(clock: Clock, file: URL = threadFile): Scanner {
  const { scanMs: deadlineMs, threadMemoryMiB: memoryMiB, waitingMax } = limits.findings;
  const thread = createThread<SavedFile, Finding[]>({
    ...{ clock, file, doing, deadlineMs, memoryMiB, waitingMax },
    read(posted) {
      const findings = answerSchema.parse(posted);
      if (findings === null) throw new CellbookError('internal', { doing, problem: 'a rule failed on it' });
      return findings;
    },
  });
  return { scan: (workspaceId, given) => thread.ask(workspaceId, given), close: () => thread.close() };
}
