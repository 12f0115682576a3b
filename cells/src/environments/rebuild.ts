/**
 * A layer that cannot be read any more is made anew: once its workspace runs, what its lockfile names is installed
 * from the index, through the sandbox's own way out, and stored like any other change. Nothing waits for it; whoever
 * has the workspace open is told.
 *
 *     damaged ─▶ rebuilding ─▶ (stored by the host) ready
 *                     └▶ failed: told, with pip's last words; tried again at the next resume
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { EnvironmentState } from '@cellbook/shared/protocol/environment-api.ts';
import type { RuntimeListener } from '../lifecycle/runtime.ts';
import type { Sandbox } from '../sandbox/driver.ts';
import type { EnvironmentStore } from './environment-store.ts';
import { requirementsOf } from './lock.ts';

const { rebuildMsMax, rebuildOutputBytesMax } = limits.environments;

export interface RebuildParts {
  environments: Pick<EnvironmentStore, 'read' | 'setState'>;
  log: Logger;
  /** Tells whoever has the workspace open. */
  tell(workspaceId: WorkspaceId, state: EnvironmentState, problem: string | null): void;
}

export function createRebuilder({ environments, log, tell }: RebuildParts): RuntimeListener {
  const underWay = new Set<WorkspaceId>();

  async function note(workspaceId: WorkspaceId, state: EnvironmentState, problem: string | null) {
    await environments.setState(workspaceId, state, problem);
    tell(workspaceId, state, problem);
  }

  async function rebuild(workspaceId: WorkspaceId, { link }: Sandbox): Promise<void> {
    const environment = await environments.read(workspaceId);
    if (environment === null || environment.state === 'ready') return;
    const requirements = requirementsOf(environment.layer.packages);
    if (requirements === '') return note(workspaceId, 'failed', 'nothing that it held was installed by pip');
    await note(workspaceId, 'rebuilding', 'what was stored of it cannot be read; it is installed anew');
    const { exitCode, stderr } = await link.run({
      argv: ['python3', '-m', 'pip', 'install', '--no-deps', '--no-input', '--quiet', '-r', '/dev/stdin'],
      directory: '',
      stdin: Buffer.from(requirements),
      timeoutMs: rebuildMsMax,
      outputBytesMax: rebuildOutputBytesMax,
    });
    if (exitCode === 0) return tell(workspaceId, 'ready', null);
    await note(workspaceId, 'failed', `pip says: ${stderr.toString().trim().slice(-500)}`);
  }

  async function begin(workspaceId: WorkspaceId, sandbox: Sandbox): Promise<void> {
    if (underWay.has(workspaceId)) return;
    underWay.add(workspaceId);
    try {
      await rebuild(workspaceId, sandbox);
    } catch (error) {
      log.warn({ workspaceId, err: error }, 'installed packages were not rebuilt from their lockfile');
      const problem = error instanceof CellbookError ? error.problem : 'the rebuild ended unexpectedly';
      await note(workspaceId, 'failed', problem).catch(() => {});
    } finally {
      underWay.delete(workspaceId);
    }
  }

  return {
    async onRunning(workspaceId, sandbox) {
      void begin(workspaceId, sandbox);
    },
    /** An install is work: nobody's idle time ends it. */
    isBusy: (workspaceId) => underWay.has(workspaceId),
    async onSuspending() {},
    onSlept() {},
    onStopped() {},
    async onDeleted() {},
  };
}
