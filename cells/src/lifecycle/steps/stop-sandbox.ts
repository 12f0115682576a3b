import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Step } from './step.ts';

export const stopSandbox: Step = {
  deadlineMs: limits.lifecycle.stopMs,
  code: 'sandbox_unavailable',
  doing: 'stopping the sandbox of the workspace',
  required: true,
  async run({ hosts, volumes, listeners }, { workspaceId, epoch, hostId }, signal) {
    // A row without a host never had a sandbox under this owner.
    if (hostId !== null)
      await hosts
        .on(hostId)
        .stop(workspaceId, epoch)
        .catch(async (error: unknown) => {
          const isAway = error instanceof CellbookError && error.code === 'host_unreachable';
          // A host runs nothing without the files: one that has none of them need not be heard.
          if (!isAway || (await volumes.isOnHost(workspaceId))) throw error;
        });
    // Over its deadline it is tried again: what has come meanwhile is not what was stopped here.
    signal.throwIfAborted();
    for (const listener of listeners) listener.onStopped(workspaceId);
  },
};
