import { limits } from '@cellbook/shared/limits.ts';
import { openAhead } from '../../ladder/open-ahead.ts';
import { hostOf, type Step } from './step.ts';

export const attachFiles: Step = {
  deadlineMs: limits.lifecycle.attachMs,
  code: 'store_unavailable',
  doing: 'bringing the files of the workspace to this host',
  required: true,
  async run({ volumes, hosts, rests, imageKeys, boots }, context, signal) {
    const { workspaceId, epoch, tier, isAtRest, thaws } = context;
    const hostId = hostOf(context);
    const othersFirst = () => boots.hasBefore(tier);
    // A sandbox that thaws has them open where they are, stored since it fell asleep: they change their owner alone.
    if (thaws) await volumes.adopt(workspaceId, epoch);
    // One that comes back from its image waits for both. What fails here is met again by the step that starts it.
    else if (isAtRest)
      void openAhead({ host: hosts.on(hostId), rests, imageKeys, othersFirst }, workspaceId).catch(
        () => undefined,
      );
    const { directory } = await volumes.attach(workspaceId, epoch, signal, hostId);
    context.homeDirectory = directory;
  },
};
