import { limits } from '@cellbook/shared/limits.ts';
import type { Step } from './step.ts';

export const purge: Step = {
  deadlineMs: limits.lifecycle.purgeMs,
  code: 'store_unavailable',
  doing: 'removing a deleted workspace for good',
  required: true,
  async run({ volumes, hosts, imageKeys, remoteImages, listeners }, { workspaceId, epoch, hostId }, signal) {
    if (hostId !== null) await hosts.on(hostId).stop(workspaceId, epoch);
    for (const listener of listeners) await listener.onDeleted(workspaceId);
    await remoteImages.remove(workspaceId, signal);
    // Whatever copy of its images is left anywhere cannot be opened from here on.
    await imageKeys.destroy(workspaceId);
    await volumes.destroy(workspaceId);
  },
};
