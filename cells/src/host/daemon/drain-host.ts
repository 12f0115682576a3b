/**
 * Empties a host before its daemon ends. The controller, which is told by every answer that the host drains,
 * suspends what runs as it would for its owner; a sandbox with no controller attached, or still there at the
 * deadline, is stored and stopped here. Its row still says running: the next look finds it gone, and it comes
 * back at the next need.
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
  clock: Clock;
  log: Logger;
}

export async function drainHost(parts: DrainParts): Promise<void> {
  const { host, volumes, commands, clock, log } = parts;
  host.refuseNew();
  await host.dropMembers();
  const untilMs = clock.monotonicMs() + limits.lifecycle.drainMs;
  for (;;) {
    const { live, starting } = host.load();
    // Until its controller has stored and taken off what it suspends, this is where the files are; and until it
    // has heard so, the row says that they are still here.
    const isEmpty = live + starting + volumes.live().length === 0;
    if (isEmpty && commands.count === 0) return;
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
