/**
 * What a suspended workspace keeps of its memory. One row per workspace, made by the suspend that ends its
 * sandbox's run and taken back before the next sandbox is announced:
 *
 *     none ──suspend: freeze──▶ frozen ──its time is over, its place is needed, its host drains──▶ stored ──too old──▶ none
 *       ▲                         │ thaw                                                             │ restore
 *       └─────────────────────────┴──────────────── resumed ─────────────────────────────────────────┘
 *
 * Frozen: the sandbox is paused in its host's memory and holds a place there; its files stay where they are.
 * Stored: an image of it lies on the host's disk, the sandbox is gone and its files are stored.
 * A row is a hint and never the truth about a sandbox: where it is wrong the next rung is taken.
 */
import type { HostId, SandboxId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { SnapshotFingerprint } from '../sandbox/snapshot/fingerprint.ts';

export interface Rest {
  workspaceId: WorkspaceId;
  /** Of the suspend that made it; a later suspend replaces it, an earlier one may not. */
  epoch: number;
  tier: Tier;
  hostId: HostId;
  /** The sandbox that sleeps; its image goes by this name too. */
  sandboxId: SandboxId;
  /** Null while it is frozen. */
  image: RestImage | null;
  /** The image is in the object store too. */
  remote: boolean;
  suspendedAtMs: number;
  /** When it is to be stored (frozen) or forgotten (stored). */
  dueAtMs: number;
}

export interface RestImage {
  bytes: number;
  fingerprint: SnapshotFingerprint;
}

export const isFrozen = (rest: Rest): boolean => rest.image === null;

/** When a sandbox that is frozen now has had its time. */
export const frozenUntilMs = (tier: Tier, nowMs: number): number => nowMs + limits.ladder.liveMsByTier[tier];

/** When an image of a workspace suspended then is too old. */
export const storedUntilMs = (tier: Tier, suspendedAtMs: number): number =>
  suspendedAtMs + limits.ladder.imageMsByTier[tier];
