import { limits } from '@cellbook/shared/limits.ts';
import type { Step } from './step.ts';

/** What is kept of its memory is too old, or its workspace is deleted. */
export const forgetMemory: Step = {
  deadlineMs: limits.lifecycle.stopMs,
  code: 'sandbox_unavailable',
  doing: 'removing what is kept of the memory of the workspace',
  required: true,
  async run({ rests, hosts }, { workspaceId, epoch }) {
    const rest = await rests.get(workspaceId);
    if (rest === null) return;
    if (hosts.ids.includes(rest.hostId)) await hosts.on(rest.hostId).dropImage(rest.sandboxId);
    await rests.remove(workspaceId, epoch);
  },
};
