/** Where workspaces stand among those that wait to start, for the open event streams of their owners. */
import type { OrgId, UserId, WorkspaceId } from '@cellbook/shared/ids.ts';
import type { QueueEvent } from '@cellbook/shared/protocol/workspace.ts';
import type { QueuePlace } from '../../lifecycle/boot-turns.ts';

type Listener = (event: QueueEvent) => void;

interface Tenant {
  ownerId: UserId;
  orgId: OrgId;
}

export interface QueueRuntime {
  queuePlace(workspaceId: WorkspaceId): QueuePlace | null;
  tenantOf(workspaceId: WorkspaceId, deletedToo: boolean): Promise<Tenant | null>;
}

export class QueueFeed {
  readonly #runtime: QueueRuntime;
  readonly #followers = new Map<UserId, Set<{ orgId: OrgId; listener: Listener }>>();

  constructor(runtime: QueueRuntime) {
    this.#runtime = runtime;
  }

  placeOf(workspaceId: WorkspaceId): QueuePlace | null {
    return this.#runtime.queuePlace(workspaceId);
  }

  tell(workspaceId: WorkspaceId, queue: QueuePlace | null): void {
    if (this.#followers.size > 0) void this.#tell(workspaceId, queue).catch(() => {});
  }

  /** Returns unfollow. */
  follow({ ownerId, orgId }: Tenant, listener: Listener): () => void {
    const own = this.#followers.get(ownerId) ?? new Set();
    const follower = { orgId, listener };
    this.#followers.set(ownerId, own.add(follower));
    return () => {
      own.delete(follower);
      if (own.size === 0) this.#followers.delete(ownerId);
    };
  }

  /** A place that could not be told is told with the next one. */
  async #tell(workspaceId: WorkspaceId, queue: QueuePlace | null): Promise<void> {
    const tenant = await this.#runtime.tenantOf(workspaceId, false);
    if (tenant === null) return;
    for (const { orgId, listener } of this.#followers.get(tenant.ownerId) ?? [])
      if (orgId === tenant.orgId) listener({ workspaceId, queue });
  }
}
