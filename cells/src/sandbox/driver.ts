/**
 * The one interface to isolation. A driver starts, lists and destroys sandboxes on this host; everything
 * inside a sandbox is reached through its SupervisorLink. `gvisor` is the default, `process` isolates
 * nothing and is used only when asked for by name. Every driver passes driver.conformance.ts.
 *
 * A driver keeps no truth of its own: `list` reads what exists on the host, orphans of a crashed
 * controller included, and `destroy` is idempotent, so that a restarted controller can clean up.
 */
import { type SandboxId, type WorkspaceId, workspaceIdSchema } from '@cellbook/shared/ids.ts';
import type { Tier } from '@cellbook/shared/protocol/principal.ts';
import type { SupervisorLink } from './link/supervisor-link.ts';
import type { SnapshotFingerprint } from './snapshot/fingerprint.ts';

export type DriverKind = 'gvisor' | 'process' | 'kubernetes' | 'memory';

export interface SandboxLimits {
  memoryBytesMax: number;
  /** Thousandths of a core. */
  cpuMillisMax: number;
  pidsMax: number;
  diskBytesMax: number;
}

export interface SandboxSpec {
  sandboxId: SandboxId;
  workspaceId: WorkspaceId;
  /** The workspace's epoch; recorded with the sandbox, so that an older owner can be told apart. */
  epoch: number;
  /** The host directory that becomes `homePath` inside. */
  homeDirectory: string;
  limits: SandboxLimits;
  /** Of its organisation: what it may reach (cells/src/egress); the lowest where it is not given. */
  tier?: Tier;
  environment: Record<string, string>;
  /** The generation of a golden image that it may come out of instead of a boot, where its host has that. */
  golden?: string;
}

/** Where a workspace's files are mounted inside every sandbox. */
export const homePath = '/home/user';
/** The user that runs everything inside, and that owns the files. */
export const sandboxUid = 1000;
export const sandboxGid = 1000;

export type SandboxExit =
  | { reason: 'stopped' }
  /** Its host could no longer give it its files, and ended it. */
  | { reason: 'files_lost' }
  | { reason: 'out_of_memory'; memoryBytesMax: number }
  | { reason: 'crashed'; exitCode: number | null; signal: string | null; stderrTail: string };

/** What a host needs to know of a sandbox; who talks to what is inside needs its link too. */
export interface HostedSandbox {
  readonly id: SandboxId;
  readonly workspaceId: WorkspaceId;
  readonly epoch: number;
  /** Settles once, when nothing of the sandbox is left running. Never rejects. */
  readonly exited: Promise<SandboxExit>;
}

export interface Sandbox extends HostedSandbox {
  readonly link: SupervisorLink;
}

export interface ObservedSandbox {
  sandboxId: SandboxId;
  workspaceId: WorkspaceId;
  epoch: number;
  /** False for one whose controller died: it can only be destroyed. */
  attached: boolean;
}

/** An image of a sandbox's memory in a directory. */
export interface SnapshotImage {
  bytes: number;
  fingerprint: SnapshotFingerprint;
}

/** Keeping a sandbox's memory. The caller has stopped its link at a frame boundary (quiesce) before either. */
export interface SandboxSnapshots<Hosted extends HostedSandbox = Sandbox> {
  /** What an image made here is bound to. */
  readonly fingerprint: SnapshotFingerprint;
  /** Paused in place: no processor time, memory kept. Idempotent. Throws `sandbox_unavailable` when it is not there. */
  freeze(sandboxId: SandboxId, signal: AbortSignal): Promise<void>;
  /** Goes on; its link has said HELLO again when this resolves. Idempotent. */
  thaw(sandboxId: SandboxId, signal: AbortSignal): Promise<void>;
  /**
   * Writes the sandbox's memory into `directory`, which must not exist and appears whole; then the sandbox is
   * gone (`exited` gives `stopped`). On failure there is no directory, and the sandbox is as it was unless it is gone.
   */
  checkpoint(sandboxId: SandboxId, directory: string, signal: AbortSignal): Promise<SnapshotImage>;
  /**
   * As `start`, from an image: over any home directory, any number of times. Throws `snapshot_incompatible` (with
   * why) or `sandbox_unavailable`. Leaves nothing behind on failure.
   */
  restore(spec: SandboxSpec, directory: string, signal: AbortSignal): Promise<Hosted>;
}

/** A sandbox that is nobody's yet. */
export type MemberSpec = Pick<SandboxSpec, 'sandboxId' | 'limits' | 'environment'>;

/** The owner in the records of sandboxes that are nobody's yet. */
export const nobody: WorkspaceId = workspaceIdSchema.parse(`ws-${'2'.repeat(20)}`);

/** Sandboxes that wait to be claimed; a driver that keeps memory has them ready from one image. */
export interface SandboxPool<Hosted extends HostedSandbox = Sandbox> {
  /** Starts one without files, to be made into an image that members are restored from. */
  startMember(member: MemberSpec, signal: AbortSignal): Promise<Hosted>;
  /** One from such an image. Throws like `restore`. */
  restoreMember(member: MemberSpec, directory: string, signal: AbortSignal): Promise<Hosted>;
  /**
   * Makes the member of this id the workspace's: files attached, environment and limits as given. Throws
   * `sandbox_unavailable`; one whose claim failed halfway is ended.
   */
  claim(spec: SandboxSpec, signal: AbortSignal): Promise<Hosted>;
}

/** Sandboxes that are there before what comes into them, so that it is there sooner. */
export interface MadeAhead {
  readonly ready: number;
  /** Ends all of them, for good. */
  drop(): Promise<void>;
}

export interface SandboxDriver<Hosted extends HostedSandbox = Sandbox> {
  readonly kind: DriverKind;
  /** Absent or null where memory cannot be kept: nothing is thrown for it. */
  readonly snapshots?: SandboxSnapshots<Hosted> | null;
  /** Absent or null where none can be had ready. */
  readonly pool?: SandboxPool<Hosted> | null;
  /** Absent or null where none are made ahead of what comes into them (host/shells.ts). */
  readonly ahead?: MadeAhead | null;
  /** Human-readable build of the isolation, for example `runsc release-2026… systrap`. */
  readonly version: string;
  /** Resolves when the supervisor has said HELLO. Throws CellbookError `sandbox_unavailable`. Leaves nothing behind on failure. */
  start(spec: SandboxSpec, signal: AbortSignal): Promise<Hosted>;
  /** Records a newer epoch with a running sandbox and gives it under that; null when it is not there. */
  relabel(sandboxId: SandboxId, epoch: number): Promise<Hosted | null>;
  list(): Promise<ObservedSandbox[]>;
  /**
   * Kills and removes every trace: processes, cgroups, mounts, bundle. Idempotent. Never touches homeDirectory. `as`:
   * what `exited` says of it, where that is not `stopped`.
   */
  destroy(sandboxId: SandboxId, as?: SandboxExit): Promise<void>;
}
