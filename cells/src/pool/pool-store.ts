/**
 * Where the members of the pools are kept, so that two who want the same one never both get it:
 *
 *     absent ──begin──▶ starting ──ready──▶ ready ──claim (one compare-and-swap)──▶ claimed ──remove──▶ absent
 *
 * Each is kept for a tier and those above it, so that what enterprise has left for a bad hour is not to be had by
 * anybody else, however many race. `begin` is recorded before a host is asked. What was claimed and not removed is
 * left of a crash, and is removed by whoever looks next. A Postgres and a memory implementation pass one suite
 * (pool-store.test.ts).
 */
import type { HostId, SandboxId, WorkspaceId } from '@cellbook/shared/ids.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';

export type MemberState = 'starting' | 'ready' | 'claimed';

export interface Member {
  sandboxId: SandboxId;
  hostId: HostId;
  /** Of the image that it is restored from. */
  generation: string;
  /** The lowest tier that may have it. */
  forTier: Tier;
  state: MemberState;
  /** When its state last changed. */
  changedAtMs: number;
}

export type NewMember = Pick<Member, 'sandboxId' | 'hostId' | 'generation' | 'forTier'>;

export interface Claimer {
  workspaceId: WorkspaceId;
  epoch: number;
  tier: Tier;
}

/** Where a member may be from. */
export interface ClaimFrom {
  hostId: HostId;
  /** Any of these, the first rather than the others. */
  generations: readonly string[];
}

export type Claimed = Pick<Member, 'sandboxId' | 'generation'>;

/** Lowest first. */
export const tiers: readonly Tier[] = ['free', 'paid', 'enterprise'];

/** What members a tier may have, those first that most others may have too. */
export const openTo = (tier: Tier): readonly Tier[] => tiers.slice(0, tiers.indexOf(tier) + 1);

export interface PoolStore {
  begin(member: NewMember, nowMs: number): Promise<void>;
  /** False where it is no longer expected. */
  ready(sandboxId: SandboxId, nowMs: number): Promise<boolean>;
  /** The ready member that has waited longest, of those that most tiers may have; null where there is none. */
  claim(from: ClaimFrom, by: Claimer, nowMs: number): Promise<Claimed | null>;
  /** Keeps one that is not claimed for another tier; nothing where it is. */
  keepFor(sandboxId: SandboxId, forTier: Tier): Promise<void>;
  /** Forgets it where it is as it was seen; false where it is not: somebody has it now. */
  retire(sandboxId: SandboxId, seen: MemberState): Promise<boolean>;
  /** Idempotent. */
  remove(sandboxId: SandboxId): Promise<void>;
  /** All of a host, the longest unchanged first. */
  listOnHost(hostId: HostId): Promise<Member[]>;
}
