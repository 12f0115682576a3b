import { CellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { hostOf, type Step } from './step.ts';

/** From here on the host and the files refuse whoever had it before. */
export const adoptSandbox: Step = {
  deadlineMs: limits.lifecycle.adoptMs,
  code: 'sandbox_unavailable',
  doing: 'taking over the running sandbox of the workspace',
  required: true,
  async run({ hosts, volumes }, context, signal) {
    const { workspaceId, epoch } = context;
    await volumes.adopt(workspaceId, epoch);
    const host = hosts.on(hostOf(context));
    const sandbox = await host.adopt(workspaceId, epoch, signal);
    context.hasTakenOver = sandbox !== null;
    context.cameBy = host.cameBy(workspaceId);
    if (sandbox) return;
    throw new CellbookError('sandbox_unavailable', {
      doing: `taking over the sandbox of workspace ${workspaceId}`,
      problem: 'it ended meanwhile',
      ids: { workspaceId },
    });
  },
};
