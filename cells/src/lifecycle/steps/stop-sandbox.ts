import { limits } from '@cellbook/shared/limits.ts';
import type { Step } from './step.ts';

export const stopSandbox: Step = {
  deadlineMs: limits.lifecycle.stopMs,
  code: 'sandbox_unavailable',
  doing: 'stopping the sandbox of the workspace',
  required: true,
  async run({ host, listeners }, { workspaceId, epoch }) {
    await host.stop(workspaceId, epoch);
    for (const listener of listeners) listener.onStopped(workspaceId);
  },
};
