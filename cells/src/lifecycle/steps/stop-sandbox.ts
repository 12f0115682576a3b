import { limits } from '@cellbook/shared/limits.ts';
import type { Step } from './step.ts';

export const stopSandbox: Step = {
  deadlineMs: limits.lifecycle.stopMs,
  code: 'sandbox_unavailable',
  doing: 'stopping the sandbox of the workspace',
  required: true,
  async run({ hosts, listeners }, { workspaceId, epoch, hostId }) {
    // A row without a host never had a sandbox under this owner.
    if (hostId !== null) await hosts.on(hostId).stop(workspaceId, epoch);
    for (const listener of listeners) listener.onStopped(workspaceId);
  },
};
