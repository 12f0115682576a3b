import { limits } from '@cellbook/shared/limits.ts';
import type { Step } from './step.ts';

export const quiesceGateway: Step = {
  deadlineMs: limits.lifecycle.quiesceMs,
  code: 'sandbox_unavailable',
  doing: 'letting the gateway finish with the sandbox',
  required: false,
  async run({ hosts, listeners }, { workspaceId }, signal) {
    const sandbox = hosts.current(workspaceId);
    if (!sandbox) return;
    for (const listener of listeners) await listener.onSuspending(workspaceId, sandbox, signal);
  },
};
