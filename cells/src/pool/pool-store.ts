/**
 * Where the members of the pools are kept, so that two who want the same one never both get it:
 *
 *     absent ──begin──▶ starting ──ready──▶ ready ──claim (one compare-and-swap)──▶ claimed ──remove──▶ absent
 *
 * `begin` is recorded before a host is asked. What was claimed and not removed is left of a crash, and is removed
 * by whoever looks next. A Postgres and a memory implementation pass one suite (pool-store.test.ts).
 */
import type { HostId, SandboxId, WorkspaceId } from '@cellbook/shared/ids.ts';

export type MemberState = 'starting' | 'ready' | 'claimed';

export interface Member {
  sandboxId: SandboxId;
  hostId: HostId;
  /** Of the image that it is restored from. */
  generation: string;
  state: MemberState;
  /** When its state last changed. */
  changedAtMs: number;
}

export interface Claimer {
  workspaceId: WorkspaceId;
  epoch: number;
}

export interface PoolStore {
  begin(member: Pick<Member, 'sandboxId' | 'hostId' | 'generation'>, nowMs: number): Promise<void>;
  /** False where it is no longer expected. */
  ready(sandboxId: SandboxId, nowMs: number): Promise<boolean>;
  /** The ready member of this host and generation that has waited longest; null where there is none. */
  claim(from: Pick<Member, 'hostId' | 'generation'>, by: Claimer, nowMs: number): Promise<SandboxId | null>;
  /** Forgets it where it is as it was seen; false where it is not: somebody has it now. */
  retire(sandboxId: SandboxId, seen: MemberState): Promise<boolean>;
  /** Idempotent. */
  remove(sandboxId: SandboxId): Promise<void>;
  /** All of a host, the longest unchanged first. */
  listOnHost(hostId: HostId): Promise<Member[]>;
}
