/**
 * Sandboxes that are nobody's yet, and become somebody's at once: started over a place without files, made into
 * a golden image or restored from one, and claimed. What is a user's (files, environment, limits) comes with
 * the claim; before it nothing of any user is inside.
 *
 *     absent --start, restore--> unclaimed --claim--> the workspace's, like any other
 *                                    └─ a claim that fails ends it: it may be half somebody's
 */
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { SandboxId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import {
  type HostedSandbox,
  type MemberSpec,
  nobody,
  type SandboxPool,
  type SandboxSpec,
} from '../driver.ts';
import { shapeOf } from '../snapshot/snapshot-files.ts';
import type { SupervisorFiles } from '../supervisor-files.ts';
import type { ChildSnapshots, DriverInside } from './child-snapshots.ts';
import type { IsolationMemory } from './isolation.ts';
import type { SandboxRecords } from './records.ts';

export interface ChildPoolDeps<Hosted extends HostedSandbox> {
  memory: IsolationMemory;
  supervisor: SupervisorFiles;
  snapshots: ChildSnapshots<Hosted>;
  inside: DriverInside<Hosted> & { destroy(sandboxId: SandboxId): Promise<void> };
  records: SandboxRecords;
  clock: Clock;
}

export class ChildPool<Hosted extends HostedSandbox> implements SandboxPool<Hosted> {
  readonly #deps: ChildPoolDeps<Hosted>;

  constructor(deps: ChildPoolDeps<Hosted>) {
    this.#deps = deps;
  }

  startMember(member: MemberSpec, signal: AbortSignal): Promise<Hosted> {
    const { memory, supervisor, inside } = this.#deps;
    const spec = unclaimed(member);
    const how = {
      ...{ supervisor, shape: shapeOf(spec.limits, 'slot'), deadlineMs: limits.sandbox.bootMsMax },
      prepare: (directory: string) => memory.prepareMember(spec, directory),
    };
    return inside.bringUp(spec, how, signal);
  }

  restoreMember(member: MemberSpec, directory: string, signal: AbortSignal): Promise<Hosted> {
    return this.#deps.snapshots.restore(unclaimed(member), directory, signal);
  }

  async claim(spec: SandboxSpec, parent: AbortSignal): Promise<Hosted> {
    const { inside, records, memory, clock } = this.#deps;
    const { sandboxId, workspaceId, epoch } = spec;
    const running = inside.running(sandboxId);
    if (!running || running.stopping || running.sandbox.workspaceId !== nobody)
      throw refused(spec, 'it is not here, or somebody has it');
    running.sandbox = { ...running.sandbox, workspaceId, epoch };
    const details = { code: 'sandbox_unavailable', ...about(spec) } as const;
    try {
      await withDeadline(
        clock,
        limits.sandbox.commandMsMax,
        details,
        async (signal) => {
          if (!(await records.claim(sandboxId, workspaceId, epoch)))
            throw refused(spec, 'its record is gone');
          await memory.attach(spec, inside.directory(sandboxId));
          await running.connection.tell(memory.told(spec), signal);
        },
        parent,
      );
      return running.sandbox;
    } catch (error) {
      await inside.destroy(sandboxId);
      throw error;
    }
  }
}

const unclaimed = (member: MemberSpec): SandboxSpec => ({
  ...member,
  ...{ workspaceId: nobody, epoch: 0, homeDirectory: '' },
});

const about = ({ sandboxId, workspaceId }: SandboxSpec) => ({
  doing: `claiming sandbox ${sandboxId} for workspace ${workspaceId}`,
  ids: { sandboxId, workspaceId },
});

const refused = (spec: SandboxSpec, problem: string): CellbookError =>
  new CellbookError('sandbox_unavailable', { ...about(spec), problem });
