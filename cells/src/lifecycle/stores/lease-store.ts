/**
 * What executors may do: hold the lease of a workspace and, while they do, move its phase. Every write names
 * holder and epoch and is refused when either has changed. Expiry is judged by the store's own clock, which
 * all holders share; a holder counts from before it asked, and so always stops first.
 */
import type { HostId, WorkspaceId } from '@cellbook/shared/ids.ts';
import type { PhaseState } from '../phases.ts';
import type { NewTransition } from './transition-store.ts';
import type { WorkspaceRow } from './workspace-row.ts';

export interface LeaseRequest {
  holder: string;
  /** The hosts its holder can act on. */
  hostIds: readonly HostId[];
  ttlMs: number;
}

export interface CommitGuard {
  holder: string;
  epoch: number;
  /** The change was computed from this; refused when the owner has asked for something since. */
  generation: number;
}

export interface PhaseCommit {
  state: PhaseState;
  /** Where sandbox and live files are from now on. */
  hostId: HostId | null;
  /** Appended to the transitions with it: the change itself, and what is to be recorded before or after it. */
  transitions: readonly NewTransition[];
  /** The lease ends with it: there is nothing more to do. */
  release?: boolean;
}

export type CommitResult =
  | { committed: true; row: WorkspaceRow }
  | { committed: false; reason: 'lease_lost' | 'intent_changed' };

export interface LeaseStore {
  /**
   * Takes or extends the lease. A new epoch whenever the holder before was somebody else or nobody; the same
   * one for who still held it. Null while another's has not expired, or the workspace lives on a host not named.
   */
  acquire(workspaceId: WorkspaceId, request: LeaseRequest): Promise<WorkspaceRow | null>;
  /** Extends the leases this holder still has of those named; returns them. */
  renew(holder: string, workspaceIds: readonly WorkspaceId[], ttlMs: number): Promise<WorkspaceId[]>;
  /**
   * Ends every lease of an earlier process of this controller (holders are named `<controller>/…`). Only for
   * who knows that no such process is left. Returns how many.
   */
  expireLeasesOf(controller: string, exceptHolder: string): Promise<number>;
  release(workspaceId: WorkspaceId, holder: string, epoch: number): Promise<void>;
  commit(workspaceId: WorkspaceId, guard: CommitGuard, commit: PhaseCommit): Promise<CommitResult>;
  /** Records use, for the idle policy after a restart; never moves backwards. */
  touch(activity: ReadonlyMap<WorkspaceId, number>): Promise<void>;
  /** Workspaces that may need work now, without those that another holder has a live lease on. */
  listUnsettled(
    holder: string,
    hostIds: readonly HostId[],
    nowMs: number,
    limit: number,
  ): Promise<WorkspaceId[]>;
}
