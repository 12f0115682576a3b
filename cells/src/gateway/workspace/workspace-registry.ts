/** The workspaces the gateway has in memory: loaded when asked for, forgotten when nothing of them is in use. */
import { type WorkspaceId, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { SingleFlight } from '@cellbook/shared/single-flight.ts';
import type { RuntimeListener } from '../../lifecycle/runtime.ts';
import { noSuchWorkspace } from '../refusals.ts';
import { type Shared, WorkspaceGateway } from './workspace-gateway.ts';

export class WorkspaceRegistry {
  readonly #shared: Shared;
  readonly #known = new Map<WorkspaceId, WorkspaceGateway>();
  readonly #loading = new SingleFlight<WorkspaceId, WorkspaceGateway>();

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  /** The workspace of a URL. Throws `not_found` when there is none of that id. */
  async find(id: string): Promise<WorkspaceGateway> {
    const parsed = workspaceIdSchema.safeParse(id);
    if (!parsed.success) throw noSuchWorkspace(id);
    const known = this.#known.get(parsed.data);
    if (known) return known;
    if (!(await this.#shared.deps.runtime.find(parsed.data))) throw noSuchWorkspace(id);
    return this.#load(parsed.data);
  }

  /** What the lifecycle calls around each sandbox. */
  readonly listener: RuntimeListener = {
    onRunning: async (workspaceId, sandbox, missed) => {
      const workspace = await this.#load(workspaceId);
      workspace.attach(sandbox, missed[0]?.why);
      workspace.runs(sandbox);
      await workspace.takeOver(sandbox);
    },
    onSuspending: async (workspaceId, sandbox) => {
      await this.#known.get(workspaceId)?.suspend(sandbox);
    },
    onSlept: (workspaceId) => this.#known.get(workspaceId)?.slept(),
    onForgotten: (workspaceId) => this.#known.get(workspaceId)?.forgot(),
    onStopped: (workspaceId) => this.#known.get(workspaceId)?.stopped(),
    isBusy: (workspaceId) => this.#known.get(workspaceId)?.isBusy ?? false,
    onDeleted: async (workspaceId) => {
      const workspace = this.#known.get(workspaceId);
      this.#known.delete(workspaceId);
      workspace?.closeSockets(1000, 'the workspace was deleted');
      workspace?.dispose();
      await workspace?.saved;
      await this.#shared.deps.store.deleteWorkspace(workspaceId);
    },
  };

  /** Forgets clients that stayed away, and the least used workspaces beyond the limit that are dormant. */
  sweep(awayMsMax: number): void {
    const nowMs = this.#shared.deps.clock.monotonicMs();
    for (const workspace of this.#known.values())
      for (const kernel of workspace.kernels.values()) kernel.channel.sweep(nowMs, awayMsMax);
    for (const [id, workspace] of this.#known) {
      if (this.#known.size <= limits.gateway.workspacesIdleMax) return;
      if (!workspace.isDormant) continue;
      workspace.dispose();
      this.#known.delete(id);
    }
  }

  async close(): Promise<void> {
    const all = [...this.#known.values()];
    for (const workspace of all) workspace.closeSockets(1012, 'the cell restarts');
    await Promise.all(all.map((workspace) => workspace.follower.flush()));
    for (const workspace of all) workspace.dispose();
    await Promise.all(all.map((workspace) => workspace.saved));
    this.#known.clear();
  }

  async #load(id: WorkspaceId): Promise<WorkspaceGateway> {
    const known = this.#known.get(id);
    if (known) return known;
    return this.#loading.run(id, async () => {
      const workspace = await WorkspaceGateway.load(id, this.#shared);
      this.#known.set(id, workspace);
      return workspace;
    });
  }
}
