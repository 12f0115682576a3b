import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { hasItsMemory } from '../../ladder/wake.ts';
import type { Step } from './step.ts';

export const announceRunning: Step = {
  deadlineMs: limits.lifecycle.announceMs,
  code: 'sandbox_unavailable',
  doing: 'handing the new sandbox to the gateway',
  required: true,
  async run({ hosts, secrets, listeners }, { workspaceId, ownerId, orgId, isAtRest, climbed }) {
    const sandbox = hosts.current(workspaceId);
    if (!sandbox) {
      throw new CellbookError('sandbox_unavailable', {
        doing: `handing the new sandbox of workspace ${workspaceId} to the gateway`,
        problem: 'it ended right after its start',
        ids: { workspaceId },
      });
    }
    // It was to come back as it was and did not: a new one has its secrets before anything can start in it.
    if (isAtRest && !sandbox.link.inherited) await secrets.deliver({ workspaceId, ownerId, orgId, sandbox });
    const missed = climbed && !hasItsMemory(climbed) ? climbed.missed : [];
    for (const listener of listeners) await listener.onRunning(workspaceId, sandbox, missed);
  },
};
