import { limits } from '@cellbook/shared/limits.ts';
import { wake } from '../../ladder/wake.ts';
import { hostOf, type Step, type StepContext, type StepTools } from './step.ts';

/**
 * By the best rung that works. What was kept is taken back before anybody can use the sandbox: from then on it
 * would be older than what its owner has seen.
 */
export const startSandbox: Step = {
  deadlineMs: limits.lifecycle.startMs,
  code: 'sandbox_unavailable',
  doing: 'starting a sandbox for the workspace',
  required: true,
  turns: ({ boots }, { isAtRest }) => (isAtRest ? null : boots),
  async run(tools, context, signal) {
    const { hosts, rests, clock, log } = tools;
    const { workspaceId, epoch } = context;
    const hostId = hostOf(context);
    const host = hosts.on(hostId);
    const rest = hosts.keepAny ? await rests.get(workspaceId) : null;
    const climbed = await wake(
      {
        ...{ host, clock, spec: () => specOf(tools, context) },
        makeRoom: (both) => tools.makeRoom(hostId, both),
        imageKey: () => tools.imageKeys.find(workspaceId),
      },
      {
        ...{ rest, whyNoRest: context.whyNoRest(host.keeps !== null), here: host.keeps, hasMember: false },
        isAtRest: rest?.hostId === hostId,
      },
      signal,
    );
    context.climbed = climbed;
    if (rest === null) return;
    await rests.remove(workspaceId, epoch);
    // What is left of it is found by the sweep of images.
    if (hosts.isOpen(rest.hostId))
      void hosts
        .on(rest.hostId)
        .dropImage(rest.sandboxId)
        .catch((error: unknown) => log.warn({ err: error, workspaceId }, 'removing a used image failed'));
  },
};

function specOf({ newSandboxId, sandboxLimits }: StepTools, context: StepContext) {
  const { workspaceId, epoch, tier, homeDirectory } = context;
  if (homeDirectory === null) throw new Error('start_sandbox runs after attach_files');
  return {
    sandboxId: newSandboxId(),
    ...{ workspaceId, epoch, homeDirectory, tier, limits: sandboxLimits(tier), environment: {} },
  };
}
