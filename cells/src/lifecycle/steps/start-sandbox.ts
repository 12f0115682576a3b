import { limits } from '@cellbook/shared/limits.ts';
import type { Rest } from '../../ladder/rest.ts';
import { type Climbed, wake } from '../../ladder/wake.ts';
import type { SandboxSpec } from '../../sandbox/driver.ts';
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
  turns: ({ boots }, { thaws, tier, workspaceId }) => (thaws ? null : boots.of(tier, workspaceId)),
  async run(tools, context, signal) {
    const { hosts, rests, log } = tools;
    const { workspaceId, epoch } = context;
    const hostId = hostOf(context);
    const rest = hosts.keepAny ? await rests.get(workspaceId) : null;
    // A suspend has failed before it could end it.
    const isThere = hosts.on(hostId).current(workspaceId)?.epoch === epoch;
    if (rest !== null && rest.hostId !== hostId) await endElsewhere(tools, context, rest);
    const asItIs: Climbed = { rung: 'live', missed: [] };
    const climbed = isThere ? asItIs : await climbUp(tools, context, rest, signal);
    context.climbed = climbed;
    if (rest === null) return;
    await rests.remove(workspaceId, epoch);
    // What is left of it is found by the sweep of images.
    if (hosts.isOpen(rest.hostId))
      void hosts
        .on(rest.hostId)
        .dropImage(rest.sandboxId, { workspaceId, epoch })
        .catch((error: unknown) => log.warn({ err: error, workspaceId }, 'removing a used image failed'));
  },
};

function climbUp(
  tools: StepTools,
  context: StepContext,
  rest: Rest | null,
  signal: AbortSignal,
): Promise<Climbed> {
  const { clock, hosts, imageKeys, pool } = tools;
  const hostId = hostOf(context);
  const { ownerId } = context;
  const host = hosts.on(hostId);
  const isAtRest = rest?.hostId === hostId;
  const whyNoRest = context.whyNoRest(host.keeps !== null);
  return wake(
    {
      ...{ host, clock, spec: () => specOf(tools, context, pool?.goldenOf(host) ?? null) },
      ...(pool && { claimMember: (spec, both) => pool.claim(host, { ...spec, ownerId }, both) }),
      makeRoom: (both) => tools.makeRoom(hostId, both),
      imageKey: () => imageKeys.find(context.workspaceId),
    },
    {
      ...{ rest, whyNoRest, isAtRest, here: host.keeps, nowMs: clock.nowMs() },
      hasMember: pool?.hasPool(host) ?? false,
    },
    signal,
  );
}

/** Frozen on a host that drains or cannot be used: it is ended where that can be done now, else by the sweep. */
async function endElsewhere(
  { hosts, log }: StepTools,
  { workspaceId, epoch }: StepContext,
  { hostId }: Rest,
): Promise<void> {
  if (!hosts.isOpen(hostId) && !hosts.isDraining(hostId)) return;
  await hosts
    .on(hostId)
    .stop(workspaceId, epoch)
    .catch((error: unknown) =>
      log.warn({ err: error, workspaceId, hostId }, 'ending a frozen sandbox failed'),
    );
}

function specOf(
  { newSandboxId, sandboxLimits }: StepTools,
  context: StepContext,
  golden: string | null,
): SandboxSpec {
  const { workspaceId, epoch, tier, homeDirectory } = context;
  if (homeDirectory === null) throw new Error('start_sandbox runs after attach_files');
  return {
    sandboxId: newSandboxId(),
    ...{ workspaceId, epoch, homeDirectory, tier, limits: sandboxLimits(tier), environment: {} },
    ...(golden !== null && { golden }),
  };
}
