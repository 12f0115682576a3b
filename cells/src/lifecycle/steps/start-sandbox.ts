import { limits } from '@cellbook/shared/limits.ts';
import { hostOf, type Step } from './step.ts';

export const startSandbox: Step = {
  deadlineMs: limits.lifecycle.startMs,
  code: 'sandbox_unavailable',
  doing: 'starting a sandbox for the workspace',
  required: true,
  async run({ hosts, newSandboxId, sandboxLimits }, context, signal) {
    const { workspaceId, epoch, tier, homeDirectory } = context;
    if (homeDirectory === null) throw new Error('start_sandbox runs after attach_files');
    const spec = {
      sandboxId: newSandboxId(),
      workspaceId,
      epoch,
      homeDirectory,
      limits: sandboxLimits(tier),
      environment: {},
    };
    await hosts.on(hostOf(context)).start(spec, signal);
  },
};
