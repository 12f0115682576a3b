/**
 * Empties a host before its daemon ends. The controller, which is told by every answer that the host drains,
 * suspends what runs as it would for its owner, has the memory of what sleeps written to disk and sent to the object
 * store, so that all of it can come back elsewhere; a sandbox with no controller attached, or still there at the
 * deadline, is stored and stopped here. Its row still says running: the next look finds it gone, and it comes
 * back at the next need. A drain that is in no hurry lets busy kernels finish first, up to a deadline of their own.
 */
import { type Clock, sleep } from '@cellbook/shared/clock.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { HostVolumes } from '../../storage/create-workspace-volumes.ts';
import type { LocalSandboxHost } from '../local-sandbox-host.ts';
import type { CommandsUnderWay } from './commands-under-way.ts';
import type { PortedSandbox } from './connect-port.ts';

export interface DrainParts {
  host: LocalSandboxHost<PortedSandbox>;
  volumes: HostVolumes;
  commands: CommandsUnderWay;
  /** Whether an image of memory lies on this host alone. */
  hasUnsent(): Promise<boolean>;
  clock: Clock;
  log: Logger;
}

/** `hurry`: aborts when busy kernels are to be waited for no longer. */
export async function drainHost(parts: DrainParts, hurry: AbortSignal = AbortSignal.abort()): Promise<void> {
  const { host, volumes, commands, clock, log } = parts;
  host.refuseNew({ waitsForBusy: !hurry.aborted });
  await host.dropMembers().catch((error: unknown) => {
    log.error({ err: error }, 'sandboxes that are nobody’s did not all end; the next start ends them');
  });
  const busyUntilMs = clock.monotonicMs() + limits.host.drainBusyMs;
  let untilMs = hurry.aborted ? clock.monotonicMs() + limits.lifecycle.drainMs : Number.POSITIVE_INFINITY;
  for (;;) {
    const { live, starting } = host.load();
    // Until its controller has stored and taken off what it suspends, this is where the files are; and until it
    // has heard so, the row says that they are still here.
    const isEmpty = live + starting + volumes.live().length === 0;
    if (isEmpty && commands.count === 0 && !(await isBeingSent(parts))) return;
    if (host.waitsForBusy && (hurry.aborted || clock.monotonicMs() >= busyUntilMs)) {
      host.refuseNew();
      untilMs = clock.monotonicMs() + limits.lifecycle.drainMs;
    }
    const sandboxes = (await host.list()).map(({ workspaceId }) => workspaceId);
    const isLate = clock.monotonicMs() >= untilMs;
    // One that is frozen has no controller attached, and is stored by its controller, too.
    const isLeft = (id: WorkspaceId) => !host.isFrozen(id) && !host.current(id)?.port.isAttached;
    const left = sandboxes.filter((id) => isLate || isLeft(id));
    if (left.length > 0) log.info({ live, starting, putAwayHere: left.length }, 'draining');
    await Promise.all(left.map((id) => putAway(parts, id)));
    if (isLate) return;
    await sleep(clock, limits.host.drainLookMs);
  }
}

/** Waited for only while there is a controller to have it done. */
async function isBeingSent({ commands, hasUnsent, clock }: DrainParts): Promise<boolean> {
  const { begunMs } = commands;
  const isHeardOf = begunMs !== null && clock.monotonicMs() - begunMs < limits.host.controllerHeardMs;
  return isHeardOf && (await hasUnsent().catch(() => false));
}

async function putAway({ host, volumes, clock, log }: DrainParts, workspaceId: WorkspaceId): Promise<void> {
  const signal = AbortSignal.timeout(limits.lifecycle.drainMs);
  const sandbox = host.current(workspaceId);
  const epoch = volumes.liveEpoch(workspaceId);
  const startedMs = clock.monotonicMs();
  try {
    if (epoch !== null) await volumes.flush(workspaceId, epoch, signal);
    if (sandbox) await host.destroy(sandbox.id);
    if (epoch !== null) await volumes.flush(workspaceId, epoch, signal);
    if (epoch !== null) await volumes.detach(workspaceId, epoch);
    log.info({ workspaceId, durationMs: clock.monotonicMs() - startedMs }, 'put a workspace away');
  } catch (error) {
    log.error(
      { err: error, workspaceId },
      'a workspace could not be put away; the next start finds its files',
    );
    if (sandbox) await host.destroy(sandbox.id).catch(() => {});
  }
}
