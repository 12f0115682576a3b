/**
 * Memory of gVisor's sandboxes: paused in place, written to a directory, and brought back. `runsc checkpoint`
 * writes kernel state and pages uncompressed into files of their own, without pages that hold nothing; `runsc
 * restore --background` lets the sandbox run while the pages it has not touched are still read.
 */
import { join } from 'node:path';
import type { SandboxId } from '@cellbook/shared/ids.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { SandboxSpec } from '../driver.ts';
import type { IsolationMemory, SandboxCommand, SnapshotPlace } from '../host/isolation.ts';
import type { Restored } from '../link/keepsake.ts';
import type { SnapshotFingerprint } from '../snapshot/fingerprint.ts';
import { memoryPath, type SandboxShape, shapeOf, supervisorPathIn } from '../snapshot/snapshot-files.ts';
import { type SupervisorFiles, supervisorOf } from '../supervisor-files.ts';
import { supervisorSettings } from '../supervisor-settings.ts';
import { type EgressEnvironment, environment } from './bundle.ts';
import type { RunscRuntime } from './runtime.ts';

export interface GvisorMemoryDeps {
  runsc: RunscRuntime;
  fingerprint: SnapshotFingerprint;
  stateDirectory: string;
  random: Random;
  egressEnvironment: EgressEnvironment;
  supervisor: SupervisorFiles;
  /** Gives a sandbox that has a place for them its files, and its limits. */
  attach(spec: SandboxSpec, directory: string): Promise<void>;
  /** Makes the bundle and the control groups, and says how runsc is started in them. */
  prepare(spec: SandboxSpec, directory: string, how: HowToStart): Promise<SandboxCommand>;
}

export interface HowToStart {
  shape: SandboxShape;
  supervisorDirectory: string;
  command: string[];
}

/** Twice what any generator's security rests on. */
const entropyBytes = 64;

export class GvisorMemory implements IsolationMemory {
  readonly fingerprint: SnapshotFingerprint;
  readonly #deps: GvisorMemoryDeps;

  constructor(deps: GvisorMemoryDeps) {
    this.#deps = deps;
    this.fingerprint = deps.fingerprint;
  }

  freeze(sandboxId: SandboxId, directory: string, signal: AbortSignal): Promise<void> {
    return this.#run(directory, signal, 'pause', sandboxId);
  }

  thaw(sandboxId: SandboxId, directory: string, signal: AbortSignal): Promise<void> {
    return this.#run(directory, signal, 'resume', sandboxId);
  }

  save(sandboxId: SandboxId, directory: string, target: string, signal: AbortSignal): Promise<void> {
    const flags = [`--image-path=${memoryPath(target)}`, ...this.#deps.runsc.checkpointFlags];
    return this.#run(directory, signal, 'checkpoint', ...flags, sandboxId);
  }

  supervisorOf({ directory, snapshot }: SnapshotPlace): Promise<SupervisorFiles> {
    const source = supervisorPathIn(directory);
    return supervisorOf(this.#deps.stateDirectory, snapshot.supervisorDigest, source);
  }

  prepareRestore(
    spec: SandboxSpec,
    directory: string,
    { directory: image, snapshot }: SnapshotPlace,
    supervisor: SupervisorFiles,
  ): Promise<SandboxCommand> {
    const { runsc, prepare } = this.#deps;
    return prepare(spec, directory, {
      shape: snapshot.shape,
      supervisorDirectory: supervisor.directory,
      command: ['restore', `--image-path=${memoryPath(image)}`, ...runsc.restoreFlags],
    });
  }

  prepareMember(spec: SandboxSpec, directory: string): Promise<SandboxCommand> {
    const { prepare, supervisor } = this.#deps;
    const shape = shapeOf(spec.limits, 'slot');
    return prepare(spec, directory, { shape, supervisorDirectory: supervisor.directory, command: ['run'] });
  }

  attach(spec: SandboxSpec, directory: string): Promise<void> {
    return this.#deps.attach(spec, directory);
  }

  told(spec: SandboxSpec): Restored {
    const entropy = Buffer.from(this.#deps.random.bytes(entropyBytes));
    const { egressEnvironment } = this.#deps;
    const settings = supervisorSettings(spec, true, egressEnvironment !== null);
    return { settings, environment: environment(spec, egressEnvironment), entropy };
  }

  #run(directory: string, signal: AbortSignal, ...command: string[]): Promise<void> {
    return this.#deps.runsc.run(join(directory, 'runsc'), command, signal);
  }
}
