/** What went out of sandboxes, and what was refused: a record for each connection, written once, when it is over. */
import type { SandboxId, WorkspaceId } from '@cellbook/shared/ids.ts';

/** How a connection ended, or why there was none. */
export const egressResults = [
  'ok',
  /** Cut off: the peer broke it, nothing came for too long, or the sandbox is gone. */
  'broken',
  /** The allowance of the day was used up, before or meanwhile. */
  'over_quota',
  'not_allowed',
  /** The name led to an address that no sandbox may reach. */
  'address_refused',
  /** TLS to another name than the one that was asked for, or no TLS. */
  'name_refused',
  'too_many_connections',
  'unresolved',
  'unreachable',
] as const;
export type EgressResult = (typeof egressResults)[number];

export interface EgressRecord {
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
