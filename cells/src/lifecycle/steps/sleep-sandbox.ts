import { CellbookError, toCellbookError } from '@cellbook/shared/errors.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { frozenUntilMs } from '../../ladder/rest.ts';
import type { Sandbox } from '../../sandbox/driver.ts';
import { hostOf, type Step, type StepContext, type StepTools } from './step.ts';
import { stopSandbox } from './stop-sandbox.ts';

/**
 * Puts the sandbox to sleep as it is: its supervisor stops between two frames, then all of it is frozen. Written
 * down in between, so that one whose controller dies here is found and put to sleep again. Where that does not
 * work it is stopped, and its memory is lost.
 */
export const sleepSandbox: Step = {
  deadlineMs: limits.ladder.sleepMs + limits.lifecycle.stopMs,
  code: 'sandbox_unavailable',
  doing: 'putting the sandbox of the workspace to sleep',
  required: true,
  async run(tools, context, signal) {
    const { rests, listeners, log } = tools;
    const { workspaceId, epoch } = context;
    try {
      await fallAsleep(tools, context, signal);
      context.isFrozen = true;
      for (const listener of listeners) listener.onSlept(workspaceId);
    } catch (thrown) {
      const error = toCellbookError(thrown, sleepSandbox.doing);
      if (error.code === 'stale_epoch') throw error;
      log.warn({ err: thrown, workspaceId }, 'a sandbox does not go to sleep; it is stopped');
      await stopSandbox.run(tools, context, signal);
      await rests.remove(workspaceId, epoch);
    }
  },
};

async function fallAsleep(tools: StepTools, context: StepContext, signal: AbortSignal): Promise<void> {
  const { hosts, rests, volumes } = tools;
  const { workspaceId, epoch } = context;
  const host = hosts.on(hostOf(context));
  // Whoever began this may still wake: from here on the files refuse him, too.
  if (context.beganFrom !== 'running') await volumes.adopt(workspaceId, epoch);
  // Cut short once, it may run under its host alone; and if it does not, it is frozen already.
  const sandbox = host.current(workspaceId) ?? (await host.adopt(workspaceId, epoch, signal));
  if (sandbox) {
    if (context.beganFrom !== 'running') await refuseAnother(tools, context, sandbox);
    // They are given again when it is back, as they are then.
    await sandbox.link.setEnvironment({});
    await sandbox.link.quiesce();
    await note(tools, context, sandbox);
  } else {
    const rest = await rests.get(workspaceId);
    if (rest) await rests.put({ ...rest, epoch });
  }
  await host.freeze(workspaceId, epoch, signal);
}

/** A boot that nobody could use yet would come back in place of what its owner left, and he would not be told. */
async function refuseAnother({ rests }: StepTools, { workspaceId }: StepContext, sandbox: Sandbox) {
  const rest = await rests.get(workspaceId);
  if (rest === null || rest.sandboxId === sandbox.id) return;
  throw new CellbookError('sandbox_unavailable', {
    doing: sleepSandbox.doing,
    problem: 'it is another than the one that was put to sleep',
    ids: { workspaceId },
  });
}

function note({ rests, clock }: StepTools, context: StepContext, { id: sandboxId }: Sandbox): Promise<void> {
  const { workspaceId, epoch, tier } = context;
  const nowMs = clock.nowMs();
  return rests.put({
    ...{ workspaceId, epoch, tier, sandboxId, hostId: hostOf(context), image: null, remote: false },
    ...{ suspendedAtMs: nowMs, dueAtMs: frozenUntilMs(tier, nowMs) },
  });
}
