import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Step } from './step.ts';

/** What is kept of its memory is too old, its workspace is deleted, or the sandbox that came from it is taken over. */
export const forgetMemory: Step = {
  deadlineMs: limits.lifecycle.stopMs,
  code: 'sandbox_unavailable',
  doing: 'removing what is kept of the memory of the workspace',
  required: true,
  async run(tools, { workspaceId, epoch, beganFrom }, signal) {
    const { rests, hosts, listeners, imageKeys, remoteImages, log } = tools;
    const rest = await rests.get(workspaceId);
    if (rest === null) return;
    const { hostId, sandboxId } = rest;
    if (hosts.ids.includes(hostId))
      await hosts
        .on(hostId)
        .dropImage(sandboxId, { workspaceId, epoch })
        .catch((error: unknown) => {
          if (!(error instanceof CellbookError && error.code === 'host_unreachable')) throw error;
          log.warn({ err: error, workspaceId, hostId }, 'a host is away; it is swept when it is back');
        });
    if (beganFrom === 'suspended') {
      // Nothing is left that another image could share: the key goes too, and with it every copy.
      await remoteImages.remove(workspaceId, signal);
      await imageKeys.destroy(workspaceId);
    }
    await rests.remove(workspaceId, epoch);
    if (beganFrom === 'suspended') for (const listener of listeners) listener.onForgotten?.(workspaceId);
  },
};
