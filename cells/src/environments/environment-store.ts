/**
 * Which layer each workspace has, and who may change an organisation's objects: captures add some, a sweep takes away
 * those that no row refers to, and both at once would take away what is about to be referred to.
 *
 *     capture: begin (refused while a sweep is under way) ─▶ store objects ─▶ commit (refused once its lease is over)
 *     sweep:   begin a turn (refused while a capture is under way) ─▶ remove, renewing ─▶ end
 *
 * Whoever dies over either is waited for until its lease is over. Times are the store's own clock's: hosts' differ.
 */
import type { OrgId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { type EnvironmentState, lockedPackageSchema } from '@cellbook/shared/protocol/environment-api.ts';
import { z } from 'zod';

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

/** A layer as one workspace has it. */
export const layerSchema = z.object({
  /** The root directory's object; null: nothing is installed. Equal for equal environments. */
  root: sha256Schema.nullable(),
  mode: z.int().nonnegative(),
  /** The object with the times that this workspace's files have (times.ts); null where there are none to keep. */
  times: sha256Schema.nullable(),
  /** What a look at it finds when it has just been attached (survey.ts). */
  looks: z.string(),
  files: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  packages: z.array(lockedPackageSchema),
  storedAtMs: z.number(),
});
export type Layer = z.infer<typeof layerSchema>;

export interface Environment {
  workspaceId: WorkspaceId;
  orgId: OrgId;
  state: EnvironmentState;
  problem: string | null;
  layer: Layer;
  previous: Layer | null;
}

export interface LayerCommit {
  workspaceId: WorkspaceId;
  orgId: OrgId;
  epoch: number;
  captureId: string;
  layer: Layer;
}

export interface EnvironmentTotals {
  countedBytes: number;
  layerBytes: number;
}

export interface EnvironmentStore {
  read(workspaceId: WorkspaceId): Promise<Environment | null>;
  /** Null for a workspace that is not there. */
  orgOf(workspaceId: WorkspaceId): Promise<OrgId | null>;
  /** Null while the organisation is being swept. */
  beginCapture(orgId: OrgId, captureId: string, leaseMs: number): Promise<{ sweeps: number } | null>;
  /**
   * Makes the layer the workspace's and ends the capture, in one transaction. `stale_epoch` where another owner has
   * the files now, `conflict` where the capture's lease is over. The layer that was there becomes `previous`.
   */
  commit(commit: LayerCommit): Promise<void>;
  endCapture(captureId: string): Promise<void>;
  /** Swaps the layer for nothing, or for `previous`; what was there becomes `previous`. `not_found` where there is none. */
  reset(workspaceId: WorkspaceId, by: Owner, to: 'empty' | 'previous'): Promise<Environment | null>;
  setState(workspaceId: WorkspaceId, state: EnvironmentState, problem: string | null): Promise<void>;
  destroy(workspaceId: WorkspaceId): Promise<void>;
  /** Organisations of which something may be nobody's by now. */
  due(max: number): Promise<OrgId[]>;
  /** As quotas and usage count them, for each workspace; and each layer once for its organisation, with those of before. */
  totals(): Promise<EnvironmentTotals>;
  /** Every layer that is referred to. A damaged one is not: it is made anew, every object of it. */
  layers(orgId: OrgId): Promise<Layer[]>;
  /** And nobody begins a capture until the turn ends; null while something is being captured or swept. */
  beginSweep(orgId: OrgId, leaseMs: number): Promise<{ sweeps: number; layers: Layer[] } | null>;
  /** False once it is no longer ours. */
  renewSweep(orgId: OrgId, sweeps: number, leaseMs: number): Promise<boolean>;
  endSweep(orgId: OrgId, sweeps: number): Promise<void>;
  /** Nothing is left that nobody refers to, until something is let go again. */
  swept(orgId: OrgId): Promise<void>;
}

/** Who resets: the host under its epoch, or the controller while the files are on no host. */
export type Owner = { epoch: number } | 'stored';
