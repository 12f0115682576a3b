/** What differs between the drivers that start a supervisor as a child process of the cell. */
import type { SandboxId } from '@cellbook/shared/ids.ts';
import type { DriverKind, SandboxSpec } from '../driver.ts';
import type { Restored } from '../link/keepsake.ts';
import type { SnapshotFingerprint } from '../snapshot/fingerprint.ts';
import type { SandboxShape, Snapshot } from '../snapshot/snapshot-files.ts';
import type { SupervisorFiles } from '../supervisor-files.ts';

export interface Isolation {
  readonly kind: DriverKind;
  readonly version: string;
  readonly imageDigest: string;
  /** Of sandboxes that start here. */
  readonly supervisor: SupervisorFiles;
  /** Null where memory cannot be kept. */
  readonly memory: IsolationMemory | null;
  /** Makes what the sandbox needs below `directory` (its record's) and says how to start it. */
  prepare(spec: SandboxSpec, directory: string): Promise<SandboxCommand>;
  /** How often the host has killed something of the sandbox for its hard memory limit. Asked before `clear`. */
  outOfMemoryKills(sandboxId: SandboxId): number;
  /** Kills everything that belongs to the sandbox and removes what `prepare` made outside its directory. Idempotent. */
  clear(sandboxId: SandboxId): Promise<void>;
}

export interface SnapshotPlace {
  directory: string;
  snapshot: Snapshot;
}

/** Each is given the record's directory, as `prepare` is. */
export interface IsolationMemory {
  readonly fingerprint: SnapshotFingerprint;
  /** The one that an image was made with: as old as the image. */
  supervisorOf(image: SnapshotPlace): Promise<SupervisorFiles>;
  freeze(sandboxId: SandboxId, directory: string, signal: AbortSignal): Promise<void>;
  thaw(sandboxId: SandboxId, directory: string, signal: AbortSignal): Promise<void>;
  /** Writes the memory into `target`, an empty directory; then the sandbox's processes end. */
  save(sandboxId: SandboxId, directory: string, target: string, signal: AbortSignal): Promise<void>;
  /** Like `prepare`, from an image. */
  prepareRestore(
    spec: SandboxSpec,
    directory: string,
    image: SnapshotPlace,
    supervisor: SupervisorFiles,
  ): Promise<SandboxCommand>;
  /** Like `prepare`, without files: they come with `attach`. */
  prepareMember(spec: SandboxSpec, directory: string): Promise<SandboxCommand>;
  readonly shells: IsolationShells;
  /** Gives a member its files, its limits and its way out. */
  attach(spec: SandboxSpec, directory: string): Promise<void>;
  /** What the supervisor is told when it wakes: never the same entropy twice. */
  told(spec: SandboxSpec): Restored;
}

/** What one that is made ahead of its image is made for. */
export interface ShellOf {
  shape: SandboxShape;
  supervisor: SupervisorFiles;
}

/** Sandboxes made ahead of the image that comes into them: their home is a place whose files come later. */
export interface IsolationShells {
  /**
   * Like `prepareMember`: a line comes from descriptor 3 when it is there; then it reads a line from there, which says
   * what comes into it. Where that never comes, and its other end is closed, it ends with everything that was made.
   */
  prepare(sandboxId: SandboxId, directory: string, of: ShellOf): Promise<SandboxCommand>;
  /** Gives it files, limits and way out, and that line. */
  enter(spec: SandboxSpec, directory: string, image: SnapshotPlace): Promise<string>;
}

export interface SandboxCommand {
  argv: string[];
  environment: Record<string, string>;
  directory?: string;
}
