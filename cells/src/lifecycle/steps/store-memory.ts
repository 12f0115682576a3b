import { CellbookError, toCellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { isFrozen, type Rest, storedUntilMs } from '../../ladder/rest.ts';
import type { Step, StepContext, StepTools } from './step.ts';

/**
 * Writes the memory of a frozen sandbox to its host's disk, sealed, and ends it. One that cannot be written is stopped
 * all the same: its place is needed, or its time is over.
 */
export const storeMemory: Step = {
  deadlineMs: limits.ladder.storeMs + limits.lifecycle.stopMs,
  code: 'sandbox_unavailable',
  doing: 'storing the memory of the workspace',
  required: true,
  async run(tools, context, signal) {
    const { rests, hosts, listeners, log } = tools;
    const { workspaceId, epoch } = context;
    const rest = await rests.get(workspaceId);
    context.isFrozen = false;
    if (rest === null || !isFrozen(rest)) return;
    try {
      await store(tools, context, rest, signal);
    } catch (thrown) {
      const error = toCellbookError(thrown, storeMemory.doing);
      if (error.code === 'stale_epoch' || error.code === 'host_unreachable') throw error;
      log.warn({ err: thrown, workspaceId }, 'the memory of a workspace could not be stored; it is lost');
      await hosts.on(rest.hostId).stop(workspaceId, epoch);
      await hosts.on(rest.hostId).dropImage(rest.sandboxId, { workspaceId, epoch });
      await rests.remove(workspaceId, epoch);
      for (const listener of listeners) listener.onForgotten?.(workspaceId);
    }
  },
};

async function store(
  { rests, hosts, imageKeys }: StepTools,
  { workspaceId, epoch, tier }: StepContext,
  rest: Rest,
  signal: AbortSignal,
): Promise<void> {
  const key = await imageKeys.make(workspaceId);
  if (key === null) throw lost('this cell has no master key to seal its image with (CELLBOOK_SECRET_KEYS)');
  const image = await hosts.on(rest.hostId).store(workspaceId, epoch, { of: rest.sandboxId, key }, signal);
  if (image === null) throw lost('it is not frozen on its host any more');
  if (image.bytes > limits.ladder.imageBytesMaxByTier[tier])
    throw lost(`its image of ${image.bytes} bytes is over the limit of its tier`);
  await rests.put({ ...rest, epoch, image, remote: false, dueAtMs: storedUntilMs(tier, rest.suspendedAtMs) });
}

const lost = (problem: string): CellbookError =>
  new CellbookError('sandbox_unavailable', { doing: storeMemory.doing, problem });
