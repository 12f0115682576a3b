import { limits } from '@cellbook/shared/limits.ts';
import type { Step } from './step.ts';

/** Runs twice: while the sandbox still runs, so that the stop is short, and after it, so that it is complete. */
export const flushFiles: Step = {
  deadlineMs: limits.lifecycle.flushMs,
  code: 'store_unavailable',
  doing: 'storing the files of the workspace',
  required: true,
  async run({ volumes }, { workspaceId, epoch }, signal) {
    await volumes.flush(workspaceId, epoch, signal);
  },
};
