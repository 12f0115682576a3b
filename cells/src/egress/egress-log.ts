/** What went out of sandboxes, and what was refused: a record for each connection, written once, when it is over. */
import type { SandboxId, WorkspaceId } from '@cellbook/shared/ids.ts';
import type { EgressResult } from '@cellbook/shared/protocol/egress-api.ts';

export interface EgressRecord {
  /** Its own: what is appended twice is there once. */
  recordId: string;
  workspaceId: WorkspaceId;
  sandboxId: SandboxId;
  startedAtMs: number;
  durationMs: number;
  host: string;
  port: number;
  /** The one that was connected to. */
  address: string | null;
  result: EgressResult;
  bytesUp: number;
  bytesDown: number;
}

export interface EgressUse {
  bytesUp: number;
  bytesDown: number;
}

export interface EgressLog {
  append(records: readonly EgressRecord[]): Promise<void>;
  /** What connections that began since then have carried. */
  usedSince(workspaceId: WorkspaceId, sinceMs: number): Promise<EgressUse>;
  /** The newest first. */
  list(workspaceId: WorkspaceId, count: number): Promise<EgressRecord[]>;
  /** Forgets at most `count` that began before; gives how many it were. */
  prune(beforeMs: number, count: number): Promise<number>;
}
