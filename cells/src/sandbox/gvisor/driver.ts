/**
 * gVisor: `runsc run` in the foreground, inside control groups of the driver's own. runsc keeps its state in
 * the sandbox's record directory, so that it goes with the record: `runsc delete` would wait 1.3 s for
 * processes that are dead already.
 */
import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Clock } from '@cellbook/shared/clock.ts';
import type { SandboxId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { findCgroupRoots, SandboxCgroups } from '../cgroup.ts';
import type { HostedSandbox, SandboxDriver, SandboxSpec } from '../driver.ts';
import { ChildDriver, type Connect } from '../host/child-driver.ts';
import { connectLink } from '../host/connect-link.ts';
import type { Isolation, SandboxCommand } from '../host/isolation.ts';
import { SandboxRecords } from '../host/records.ts';
import { readImage, type SandboxImage } from '../image.ts';
import { hostCpuFeatures } from '../snapshot/cpu-features.ts';
import { installSupervisor, type SupervisorFiles } from '../supervisor-files.ts';
import { ociConfig } from './bundle.ts';
import { GvisorMemory, type HowToStart } from './memory.ts';
import { createRunscRuntime, type RunscRuntime } from './runtime.ts';

export interface GvisorDriverOptions {
  runscPath: string;
  /** A built image: `rootfs/` and `image.json`. */
  imageDirectory: string;
  /** This controller's own directory for records, bundles and runsc's state. */
  stateDirectory: string;
  clock: Clock;
  /** Restored sandboxes are given entropy from it. */
  random: Random;
  /** The supervisor's package; this checkout's unless another is given. */
  supervisorSource?: string;
}

export const createGvisorDriver = (options: GvisorDriverOptions): Promise<SandboxDriver> =>
  createGvisorDriverWith(options, connectLink);

export async function createGvisorDriverWith<Hosted extends HostedSandbox>(
  options: GvisorDriverOptions,
  connect: Connect<Hosted>,
): Promise<SandboxDriver<Hosted>> {
  const { clock, random } = options;
  const stateDirectory = resolve(options.stateDirectory);
  const isolation = new GvisorIsolation({
    runsc: await createRunscRuntime(resolve(options.runscPath)),
    image: await readImage(resolve(options.imageDirectory)),
    supervisor: await installSupervisor(stateDirectory, options.supervisorSource),
    cpuFeatures: await hostCpuFeatures(),
    stateDirectory,
    random,
    cgroups: new SandboxCgroups(await findCgroupRoots(), cgroupParent(stateDirectory), clock),
  });
  const records = new SandboxRecords(join(stateDirectory, 'sandboxes'));
  return new ChildDriver(isolation, records, clock, connect);
}

/** The group below which this controller's sandboxes have theirs; it stays, empty, when they are gone. */
export function cgroupParent(stateDirectory: string): string {
  return `cellbook-${createHash('sha256').update(resolve(stateDirectory)).digest('hex').slice(0, 12)}`;
}

interface Parts {
  runsc: RunscRuntime;
  image: SandboxImage;
  supervisor: SupervisorFiles;
  cgroups: SandboxCgroups;
  cpuFeatures: string;
  stateDirectory: string;
  random: Random;
}

/** Where runsc puts its control socket when the path of its state directory is too long for one. */
const socketFallbacks = ['/run', '/var/run', '/tmp'];

class GvisorIsolation implements Isolation {
  readonly kind = 'gvisor';
  readonly version: string;
  readonly imageDigest: string;
  readonly supervisor: SupervisorFiles;
  readonly memory: GvisorMemory;
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.version = `runsc ${parts.runsc.facts.version} ${parts.runsc.facts.platform}`;
    this.imageDigest = parts.image.digest;
    this.supervisor = parts.supervisor;
    const { version: runtime, platform } = parts.runsc.facts;
    const { cpuFeatures } = parts;
    this.memory = new GvisorMemory({
      ...parts,
      fingerprint: { runtime, platform, cpuFeatures, imageDigest: this.imageDigest },
      prepare: (spec, directory, how) => this.#prepare(spec, directory, how),
    });
  }

  prepare(spec: SandboxSpec, directory: string): Promise<SandboxCommand> {
    const supervisorDirectory = this.#parts.supervisor.directory;
    return this.#prepare(spec, directory, { supervisorDirectory, shape: spec.limits, command: ['run'] });
  }

  async #prepare(spec: SandboxSpec, directory: string, how: HowToStart): Promise<SandboxCommand> {
    const { runsc, image, cgroups } = this.#parts;
    const { supervisorDirectory, shape, command } = how;
    const config = ociConfig({ spec, shape, rootfs: image.rootfs, supervisorDirectory });
    await writeFile(join(directory, 'config.json'), JSON.stringify(config));
    const procs = await cgroups.create(spec.sandboxId, hardLimits(spec));
    const enter = procs.map((path) => `echo $$ > '${path}'`).join(' && ');
    const run = runsc.argv(join(directory, 'runsc'), ...command, `--bundle=${directory}`, spec.sandboxId);
    return {
      argv: ['/bin/sh', '-c', `${enter} && exec "$@"`, 'sh', ...run],
      environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    };
  }

  outOfMemoryKills(sandboxId: SandboxId): number {
    return this.#parts.cgroups.outOfMemoryKills(sandboxId);
  }

  async clear(sandboxId: SandboxId): Promise<void> {
    await this.#parts.cgroups.destroy(sandboxId, limits.sandbox.commandMsMax);
    for (const directory of socketFallbacks)
      await rm(join(directory, `runsc-${sandboxId}.sock`), { force: true });
  }
}

/** The backstop behind the supervisor's own limits: room for gVisor itself and for what grows while it looks. */
function hardLimits({ limits: wanted }: SandboxSpec) {
  const { overheadBytes, hardLimitFactor, hostPidsPerPid, hostPidsBase } = limits.sandbox;
  return {
    memoryBytesMax: Math.ceil(wanted.memoryBytesMax * hardLimitFactor) + overheadBytes,
    cpuMillisMax: wanted.cpuMillisMax,
    pidsMax: wanted.pidsMax * hostPidsPerPid + hostPidsBase,
  };
}
