import { limits } from '@cellbook/shared/limits.ts';
import { hostOf, type Step } from './step.ts';

export const attachFiles: Step = {
  deadlineMs: limits.lifecycle.attachMs,
  code: 'store_unavailable',
  doing: 'bringing the files of the workspace to this host',
  required: true,
  async run({ volumes }, context, signal) {
    // A sandbox that thaws has them open where they are, stored since it fell asleep: they change their owner alone.
    if (context.thaws) await volumes.adopt(context.workspaceId, context.epoch);
    const { directory } = await volumes.attach(context.workspaceId, context.epoch, signal, hostOf(context));
    context.homeDirectory = directory;
  },
};
