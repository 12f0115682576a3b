import { limits } from '@cellbook/shared/limits.ts';
import { hostOf, type Step } from './step.ts';

export const attachFiles: Step = {
  deadlineMs: limits.lifecycle.attachMs,
  code: 'store_unavailable',
  doing: 'bringing the files of the workspace to this host',
  required: true,
  async run({ volumes }, context, signal) {
    const { directory } = await volumes.attach(context.workspaceId, context.epoch, signal, hostOf(context));
    context.homeDirectory = directory;
  },
};
