import { limits } from '@cellbook/shared/limits.ts';
import type { Step } from './step.ts';

export const detachFiles: Step = {
  deadlineMs: limits.lifecycle.detachMs,
  code: 'store_unavailable',
  doing: 'taking the stored files of the workspace off this host',
  required: true,
  async run({ volumes }, { workspaceId, epoch, isFrozen }) {
    // A frozen sandbox has them open: they stay until it is stored.
    if (isFrozen) return;
    await volumes.detach(workspaceId, epoch);
  },
};
