/** Real drivers for tests: the cached runsc and image, a state directory of their own, homes with limits. */
import { mkdtemp, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import {
  type KernelId,
  newKernelId,
  newSandboxId,
  newWorkspaceId,
  type WorkspaceId,
} from '@cellbook/shared/ids.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { findCgroupRoots } from '../cgroup.ts';
import type { Sandbox, SandboxDriver, SandboxSpec } from '../driver.ts';
import { cgroupParent, createGvisorDriver } from '../gvisor/driver.ts';
import type { SupervisorLink } from '../link/supervisor-link.ts';
import { createProcessDriver } from '../process/driver.ts';
import { LoopHomes } from '../quota/loop-homes.ts';
import { KernelClient } from './kernel-client.ts';
import { testLimits } from './limits.ts';
import { sandboxTools } from './tools.ts';

export class Harness {
  readonly kind: 'gvisor' | 'process';
  readonly directory: string;
  readonly homes: LoopHomes;
  driver: SandboxDriver;

  private constructor(kind: 'gvisor' | 'process', directory: string, driver: SandboxDriver) {
    this.kind = kind;
    this.directory = directory;
    this.driver = driver;
    this.homes = new LoopHomes(join(directory, 'homes'));
  }

  static async create(kind: 'gvisor' | 'process'): Promise<Harness> {
    const directory = await mkdtemp(join(tmpdir(), `cellbook-${kind}-`));
    return new Harness(kind, directory, await createDriver(kind, directory));
  }

  /** A second driver over the same host state, as after the controller's crash. */
  async restartController(): Promise<SandboxDriver> {
    this.driver = await createDriver(this.kind, this.directory);
    return this.driver;
  }

  async spec(
    changes: Partial<SandboxSpec['limits']> = {},
    workspaceId: WorkspaceId = newWorkspaceId(systemRandom),
  ): Promise<SandboxSpec> {
    const limits = { ...testLimits, ...changes };
    const { directory } = await this.homes.prepareHome(workspaceId, limits.diskBytesMax);
    return {
      sandboxId: newSandboxId(systemRandom),
      workspaceId,
      epoch: 1,
      homeDirectory: directory,
      limits,
      environment: {},
    };
  }

  async start(changes: Partial<SandboxSpec['limits']> = {}): Promise<Sandbox> {
    return this.driver.start(await this.spec(changes), new AbortController().signal);
  }

  async close(): Promise<void> {
    for (const { sandboxId } of await this.driver.list()) await this.driver.destroy(sandboxId);
    for (const workspaceId of await this.homes.list()) await this.homes.releaseHome(workspaceId);
    await rm(this.directory, { recursive: true, force: true });
    if (this.kind === 'gvisor') await removeCgroups(join(this.directory, 'state'));
  }
}

/** What runsc leaves of a state directory that is taken away: groups with nothing in them. */
export async function removeCgroups(stateDirectory: string): Promise<void> {
  const { memory, cpu, pids } = await findCgroupRoots();
  const parent = cgroupParent(stateDirectory);
  for (const root of new Set([memory, cpu, pids])) await rmdir(join(root, parent)).catch(() => undefined);
}

async function createDriver(kind: 'gvisor' | 'process', directory: string): Promise<SandboxDriver> {
  const stateDirectory = join(directory, 'state');
  const common = { stateDirectory, clock: systemClock };
  if (kind === 'process') return createProcessDriver({ ...common, log: silentLogger });
  return createGvisorDriver({ ...common, ...sandboxTools(), random: systemRandom });
}

export async function startKernel(link: SupervisorLink, environment: Record<string, string> = {}) {
  const kernelId = newKernelId(systemRandom);
  const client = new KernelClient(link, kernelId);
  started.push([link, kernelId]);
  const info = await link.startKernel({ kernelId, kernelspec: 'python3', directory: '', environment });
  return { kernelId, client, info };
}

const started: Array<[SupervisorLink, KernelId]> = [];

/** Ends what a test started, so that the next one has the memory. */
export async function shutDownKernels(link: SupervisorLink): Promise<void> {
  const own = started.splice(0).filter(([of]) => of === link);
  await Promise.all(own.map(([, kernelId]) => link.shutdownKernel(kernelId).catch(() => undefined)));
}

/** Waits until `holds` is true, looking again whenever the event loop turns; fails after the deadline. */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  deadlineMs = 20_000,
): Promise<void> {
  const untilMs = systemClock.monotonicMs() + deadlineMs;
  while (!(await holds())) {
    if (systemClock.monotonicMs() > untilMs) throw new Error(`did not come true within ${deadlineMs} ms`);
    await new Promise((resolve) => systemClock.setTimer(20, () => resolve(undefined)));
  }
}
