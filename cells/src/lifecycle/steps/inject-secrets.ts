import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Step } from './step.ts';

/**
 * After the start and never as a part of it: what a sandbox is started with is written to the host's disk. A
 * retry gives them again, whole, so that what was deleted meanwhile is gone.
 */
export const injectSecrets: Step = {
  deadlineMs: limits.lifecycle.injectSecretsMs,
  code: 'sandbox_unavailable',
  doing: 'giving the new sandbox its secrets',
  required: true,
  async run({ hosts, secrets }, { workspaceId, ownerId, orgId }) {
    const sandbox = hosts.current(workspaceId);
    if (!sandbox) {
      throw new CellbookError('sandbox_unavailable', {
        doing: `giving the new sandbox of workspace ${workspaceId} its secrets`,
        problem: 'it ended right after its start',
        ids: { workspaceId },
      });
    }
    await secrets.deliver({ workspaceId, ownerId, orgId, sandbox });
  },
};
