/**
 * What the API may do with workspaces: create, read, rename, and change what is wanted. It never touches a
 * phase. Nothing here needs the lease, so the owner can always change his mind; the executor notices by the
 * generation.
 */
import type { OrgId, UserId, WorkspaceId } from '@cellbook/shared/ids.ts';
import type { AuditAction } from '@cellbook/shared/protocol/audit-actions.ts';
import type { Desired } from '@cellbook/shared/protocol/workspace.ts';
import type { Allowance, CreateAllowance } from '../../quotas/allowance.ts';
import type { NewWorkspace, WorkspaceRow } from './workspace-row.ts';

export interface IntentChange {
  desired: Desired;
  /** Nobody asked: the cell does it by itself, and it is recorded as this, in the same transaction. */
  unasked?: AuditAction;
  /** Refused (null) when the intent is none of these. */
  from: readonly Desired[];
  /** Set with `deleted`. */
  undoUntilMs?: number;
  /** Refused (null) when the owner has asked for something since. */
  expectedGeneration?: number;
  /** With `running`: how many may run, this one included; refused (null) where there is no room. */
  runningMax?: Allowance;
  /** A request to bring back one whose undo has ended is refused (null) by this. */
  nowMs: number;
}

/** One of its own (null: never); or its owner's usual again, and where he has chosen none so many seconds. */
export type IdleChoice = { own: number | null } | { usualOr: number };

export interface WorkspaceEdit {
  name?: string;
  idle?: IdleChoice;
  team?: string | null;
}

/** Those of this owner, of this organisation, of both; of neither: all. */
export interface Whose {
  ownerId?: UserId;
  orgId?: OrgId;
}

export interface WorkspacePage {
  /** The last row of the page before, exclusive; rows come newest first. */
  after?: { createdAtMs: number; id: WorkspaceId };
  limit: number;
  includeDeleted: boolean;
}

export interface WorkspaceChange {
  ownerId: UserId;
  workspaceId: WorkspaceId;
  revision: number;
}

export interface WorkspaceStore {
  /** Idempotent by owner and createKey. Null when it would be more than is allowed. */
  create(workspace: NewWorkspace, allowed: CreateAllowance): Promise<WorkspaceRow | null>;
  /** Any row, deleted and purged ones too. */
  get(workspaceId: WorkspaceId): Promise<WorkspaceRow | null>;
  list(of: Whose, page: WorkspacePage): Promise<WorkspaceRow[]>;
  /** Rows changed after a revision, in order of revision; deleted and purged ones too. */
  listChanged(ownerId: UserId, afterRevision: number, limit: number): Promise<WorkspaceRow[]>;
  /** Null when there is no such row or it is deleted. */
  edit(workspaceId: WorkspaceId, changes: WorkspaceEdit): Promise<WorkspaceRow | null>;
  /**
   * Changes the intent, counts a generation, and clears dormancy and any waiting for a retry. Asking for what
   * is already wanted, and neither dormant nor waiting, changes nothing.
   */
  request(workspaceId: WorkspaceId, change: IntentChange): Promise<WorkspaceRow | null>;
  /** Hints that rows changed, by whatever process; may be late, repeated or missing. Returns unsubscribe. */
  subscribe(listener: (change: WorkspaceChange) => void): Promise<() => Promise<void>>;
}
