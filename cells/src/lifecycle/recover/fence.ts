/** Takes a workspace away from whoever has it, by a new epoch: his writes are refused from then on. */
import type { HostId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { and, eq, sql } from 'drizzle-orm';
import type { Database } from '../../db/database.ts';
import { workspaces } from '../../db/workspaces.ts';
import { parseWorkspaceRow } from '../stores/parse-workspace-row.ts';
import type { WorkspaceRow } from '../stores/workspace-row.ts';

export interface FenceRequest {
  /** The epoch that was seen; refused (null) when another has fenced it since. */
  epoch: number;
  /** The new epoch is above this one too: what the files and sandboxes have seen. */
  above: number;
  hostId: HostId | null;
}

export interface Fence {
  raise(workspaceId: WorkspaceId, request: FenceRequest): Promise<WorkspaceRow | null>;
}

export function createPostgresFence(database: Database): Fence {
  return {
    async raise(workspaceId, { epoch, above, hostId }) {
      const [row] = await database
        .update(workspaces)
        .set({
          epoch: sql`greatest(${workspaces.epoch}, ${above}) + 1`,
          ...{ leaseHolder: null, leaseExpiresAt: null, hostId },
        })
        .where(and(eq(workspaces.id, workspaceId), eq(workspaces.epoch, epoch)))
        .returning();
      return row ? parseWorkspaceRow(row) : null;
    },
  };
}
