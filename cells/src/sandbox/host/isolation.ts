/** What differs between the drivers that start a supervisor as a child process of the cell. */
import type { SandboxId } from '@cellbook/shared/ids.ts';
import type { DriverKind, SandboxSpec } from '../driver.ts';

export interface Isolation {
  readonly kind: DriverKind;
  readonly version: string;
  readonly imageDigest: string;
  readonly supervisorDigest: string;
  /** Makes what the sandbox needs below `directory` (its record's) and says how to start it. */
  prepare(spec: SandboxSpec, directory: string): Promise<SandboxCommand>;
  /** How often the host has killed something of the sandbox for its hard memory limit. Asked before `clear`. */
  outOfMemoryKills(sandboxId: SandboxId): number;
  /** Kills everything that belongs to the sandbox and removes what `prepare` made outside its directory. Idempotent. */
  clear(sandboxId: SandboxId): Promise<void>;
}

export interface SandboxCommand {
  argv: string[];
  environment: Record<string, string>;
  directory?: string;
}
