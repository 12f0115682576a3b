/**
 * Memory of gVisor's sandboxes: paused in place, written to a directory, and brought back. `runsc checkpoint`
 * writes kernel state and pages uncompressed into files of their own, without pages that hold nothing; `runsc
 * restore --background` lets the sandbox of a large image run while the pages it has not touched are still read.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SandboxId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
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
import { GvisorShells } from './shells.ts';

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
  /** What is to be ended of a sandbox where nobody is left to do it: the lists of its processes, and its mount. */
  guarded(sandboxId: SandboxId): { processes: string[]; mount: string };
}

export interface HowToStart {
  shape: SandboxShape;
  supervisorDirectory: string;
  command: string[];
}

/** Twice what any generator's security rests on. */
const entropyBytes = 64;

/**
 * A large image is read on in the background; of a smaller one all is there before anything runs. Reading what
 * somebody waits for out of order costs as much again, and whoever is damaged is known before.
 */
export async function restoreCommand(runsc: RunscRuntime, { directory }: SnapshotPlace): Promise<string[]> {
  const memory = memoryPath(directory);
  const pages = await stat(join(memory, pagesName)).catch(() => null);
  const isLarge = (pages?.size ?? 0) >= limits.sandbox.backgroundBytesMin;
  return ['restore', `--image-path=${memory}`, ...(isLarge ? runsc.backgroundFlags : [])];
}

/** As runsc names it. */
const pagesName = 'pages.img';

export class GvisorMemory implements IsolationMemory {
  readonly fingerprint: SnapshotFingerprint;
  readonly shells: GvisorShells;
  readonly #deps: GvisorMemoryDeps;

  constructor(deps: GvisorMemoryDeps) {
    this.#deps = deps;
    this.fingerprint = deps.fingerprint;
    this.shells = new GvisorShells(deps);
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

  async prepareRestore(
    spec: SandboxSpec,
    directory: string,
    image: SnapshotPlace,
    supervisor: SupervisorFiles,
  ): Promise<SandboxCommand> {
    const { runsc, prepare } = this.#deps;
    const command = await restoreCommand(runsc, image);
    const { shape } = image.snapshot;
    return prepare(spec, directory, { shape, supervisorDirectory: supervisor.directory, command });
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
