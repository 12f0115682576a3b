import { limits } from '@cellbook/shared/limits.ts';
import { hostOf, type Step, type StepContext, type StepTools } from './step.ts';

export const attachFiles: Step = {
  deadlineMs: limits.lifecycle.attachMs,
  code: 'store_unavailable',
  doing: 'bringing the files of the workspace to this host',
  required: true,
  async run(tools, context, signal) {
    const { volumes } = tools;
    const { workspaceId, epoch } = context;
    // A sandbox that thaws has them open where they are, stored since it fell asleep: they change their owner alone.
    if (context.thaws) await volumes.adopt(workspaceId, epoch);
    // Whatever keeps it from being opened is met again, and said, by the step that starts the sandbox.
    else void openItsImage(tools, context).catch(() => undefined);
    const { directory } = await volumes.attach(workspaceId, epoch, signal, hostOf(context));
    context.homeDirectory = directory;
  },
};

/** Beside its files: a sandbox that comes back from its image waits for both. */
async function openItsImage({ hosts, rests, imageKeys }: StepTools, context: StepContext): Promise<void> {
  const { workspaceId, isAtRest } = context;
  if (!isAtRest) return;
  const hostId = hostOf(context);
  const rest = await rests.get(workspaceId);
  if (!rest?.image || rest.hostId !== hostId) return;
  const key = await imageKeys.find(workspaceId);
  if (key) hosts.on(hostId).openAhead(workspaceId, { of: rest.sandboxId, key });
}
