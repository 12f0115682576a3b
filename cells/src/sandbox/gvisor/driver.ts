/**
 * gVisor: `runsc run` in the foreground, inside control groups of the driver's own. runsc keeps its state in
 * the sandbox's record directory, so that it goes with the record: `runsc delete` would wait 1.3 s for
 * processes that are dead already.
 */
import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Clock } from '@cellbook/shared/clock.ts';
import type { SandboxId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { Egress } from '../../egress/egress.ts';
import { makePrivateDirectory } from '../../private-directory.ts';
import { findCgroupRoots, SandboxCgroups } from '../cgroup.ts';
import { type HostedSandbox, homePath, nobody, type SandboxDriver, type SandboxSpec } from '../driver.ts';
import { ChildDriver, type Connect } from '../host/child-driver.ts';
import { connectLink } from '../host/connect-link.ts';
import type { Isolation, SandboxCommand } from '../host/isolation.ts';
import { SandboxRecords } from '../host/records.ts';
import { readImage, type SandboxImage } from '../image.ts';
import { hostCpuFeatures } from '../snapshot/cpu-features.ts';
import { type SandboxShape, shapeOf } from '../snapshot/snapshot-files.ts';
import { installSupervisor, type SupervisorFiles } from '../supervisor-files.ts';
import { type HomeMount, ociConfig } from './bundle.ts';
import { GvisorMemory, type HowToStart } from './memory.ts';
import { createRunscRuntime, type RunscRuntime } from './runtime.ts';
import { Slots } from './slots.ts';

export interface GvisorDriverOptions {
  runscPath: string;
  /** A built image: `rootfs/` and `image.json`. */
  imageDirectory: string;
  /** This controller's own directory for records, bundles and runsc's state. */
  stateDirectory: string;
  clock: Clock;
  /** Restored sandboxes are given entropy from it. */
  random: Random;
  /** Their way out; absent or null: they have none. */
  egress?: Egress | null;
  /** Sandboxes are made ahead for workspaces that come back; off unless asked for. */
  makesAhead?: boolean;
  log?: Logger;
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
  // Users' files are seen below it (slots.ts).
  await makePrivateDirectory(stateDirectory);
  const isolation = new GvisorIsolation({
    runsc: await createRunscRuntime(resolve(options.runscPath)),
    image: await readImage(resolve(options.imageDirectory)),
    supervisor: await installSupervisor(stateDirectory, options.supervisorSource),
    slots: new Slots(join(stateDirectory, 'slots')),
    cpuFeatures: await hostCpuFeatures(),
    stateDirectory,
    random,
    egress: options.egress ?? null,
    cgroups: new SandboxCgroups(await findCgroupRoots(), cgroupParent(stateDirectory), clock),
  });
  const records = new SandboxRecords(join(stateDirectory, 'sandboxes'));
  const ahead = options.makesAhead ? random : null;
  return new ChildDriver(isolation, records, clock, connect, ahead, options.log ?? null);
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
  slots: Slots;
  cpuFeatures: string;
  stateDirectory: string;
  random: Random;
  egress: Egress | null;
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
      egressEnvironment: parts.egress?.environment ?? null,
      attach: (spec, directory) => this.#attach(spec, directory),
      prepare: (spec, directory, how) => this.#prepare(spec, directory, how),
      guarded: (sandboxId) => ({
        processes: parts.cgroups.processLists(sandboxId),
        mount: parts.slots.path(sandboxId),
      }),
    });
  }

  prepare(spec: SandboxSpec, directory: string): Promise<SandboxCommand> {
    const supervisorDirectory = this.#parts.supervisor.directory;
    const shape = shapeOf(spec.limits, 'mounted');
    return this.#prepare(spec, directory, { supervisorDirectory, shape, command: ['run'] });
  }

  async #prepare(spec: SandboxSpec, directory: string, how: HowToStart): Promise<SandboxCommand> {
    const { runsc, image, cgroups } = this.#parts;
    const { supervisorDirectory, shape, command } = how;
    const egressDirectory = await this.#openEgress(spec, join(directory, 'egress'));
    const egressEnvironment = this.#parts.egress?.environment ?? null;
    const config = ociConfig({
      ...{ spec, shape, rootfs: image.rootfs, supervisorDirectory, egressDirectory, egressEnvironment },
      home: await this.#home(spec, shape),
    });
    await writeFile(join(directory, 'config.json'), JSON.stringify(config));
    const procs = await cgroups.create(spec.sandboxId, hardLimits(spec));
    const run = runsc.argv(join(directory, 'runsc'), ...command, `--bundle=${directory}`, spec.sandboxId);
    return inGroups(procs, run);
  }

  async #home(spec: SandboxSpec, shape: SandboxShape): Promise<HomeMount> {
    if (shape.home === 'mounted') return { destination: homePath, source: spec.homeDirectory, how: 'bind' };
    const { slots } = this.#parts;
    const source = await slots.make(spec.sandboxId);
    if (spec.workspaceId !== nobody) await slots.attach(spec.sandboxId, spec.homeDirectory);
    return { destination: dirname(homePath), source, how: 'rbind' };
  }

  async #attach(spec: SandboxSpec, directory: string): Promise<void> {
    const { slots, cgroups } = this.#parts;
    await slots.attach(spec.sandboxId, spec.homeDirectory);
    await cgroups.change(spec.sandboxId, hardLimits(spec));
    await this.#openEgress(spec, join(directory, 'egress'));
  }

  /** The directory is there in any case: an image is restored only over the mounts that it was made with. */
  async #openEgress(spec: SandboxSpec, directory: string): Promise<string> {
    const { sandboxId, workspaceId, tier = 'free' } = spec;
    await mkdir(directory, { recursive: true });
    if (workspaceId !== nobody) await this.#parts.egress?.open({ sandboxId, workspaceId, tier }, directory);
    return directory;
  }

  outOfMemoryKills(sandboxId: SandboxId): number {
    return this.#parts.cgroups.outOfMemoryKills(sandboxId);
  }

  async clear(sandboxId: SandboxId): Promise<void> {
    await this.#parts.cgroups.destroy(sandboxId, limits.sandbox.commandMsMax);
    await this.#parts.slots.clear(sandboxId);
    await this.#parts.egress?.close(sandboxId);
    for (const directory of socketFallbacks)
      await rm(join(directory, `runsc-${sandboxId}.sock`), { force: true });
  }
}

/** Whoever runs it writes itself into the groups first. */
function inGroups(processLists: string[], argv: string[]): SandboxCommand {
  const enter = processLists.map((path) => `echo $$ > '${path}'`).join(' && ');
  return {
    argv: ['/bin/sh', '-c', `${enter} && exec "$@"`, 'sh', ...argv],
    environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  };
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
