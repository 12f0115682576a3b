/** For tests of what survives: sandboxes with a kernel, stored and restored over plain home directories. */
import { existsSync } from 'node:fs';
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type KernelId, newKernelId, newSandboxId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import {
  type Sandbox,
  type SandboxDriver,
  type SandboxSnapshots,
  type SandboxSpec,
  sandboxGid,
  sandboxUid,
} from '../driver.ts';
import { eventually, Harness, startKernel } from './harness.ts';
import { KernelClient, type KernelMessage } from './kernel-client.ts';

export interface Stored {
  image: string;
  spec: SandboxSpec;
  kernelId: KernelId;
  /** What its kernel had said, and the request it was at. */
  messages: KernelMessage[];
  executing: string | null;
}

export interface Restored {
  sandbox: Sandbox;
  client: KernelClient;
}

const soon = () => AbortSignal.timeout(60_000);

export class SnapshotHarness {
  readonly harness: Harness;
  readonly snapshots: SandboxSnapshots;
  #count = 0;

  private constructor(harness: Harness, snapshots: SandboxSnapshots) {
    this.harness = harness;
    this.snapshots = snapshots;
  }

  static async create(kind: 'gvisor'): Promise<SnapshotHarness> {
    const harness = await Harness.create(kind);
    const { snapshots } = harness.driver;
    if (!snapshots) throw new Error(`the driver ${kind} keeps no memory`);
    await mkdir(join(harness.directory, 'images'));
    return new SnapshotHarness(harness, snapshots);
  }

  get driver(): SandboxDriver {
    return this.harness.driver;
  }

  get fingerprint() {
    return this.snapshots.fingerprint;
  }

  kernel(): KernelId {
    return newKernelId(systemRandom);
  }

  /** A home without a quota: it can be moved by a rename. */
  async spec(): Promise<SandboxSpec> {
    const homeDirectory = join(this.harness.directory, `home-${++this.#count}`);
    await mkdir(homeDirectory);
    await chown(homeDirectory, sandboxUid, sandboxGid);
    return { ...(await this.harness.spec()), homeDirectory };
  }

  async start(): Promise<{ spec: SandboxSpec; sandbox: Sandbox }> {
    const spec = await this.spec();
    return { spec, sandbox: await this.driver.start(spec, soon()) };
  }

  /** The image of a sandbox whose kernel has executed `code`, and is at `executing` (which makes the file `at`). */
  async store(code: string, executing?: string): Promise<Stored> {
    const { spec, sandbox } = await this.start();
    const { kernelId, client } = await startKernel(sandbox.link);
    const { reply } = await client.run(code);
    if (reply.status !== 'ok') throw new Error(`it did not run: ${reply.evalue}`);
    const request = executing === undefined ? null : client.execute(executing);
    if (request !== null) await eventually(() => existsSync(join(spec.homeDirectory, 'at')));
    return this.storeRunning({ sandbox, client }, { spec, kernelId, executing: request });
  }

  async storeRunning(
    { sandbox, client }: Restored,
    { spec, kernelId, executing }: Pick<Stored, 'spec' | 'kernelId' | 'executing'>,
  ): Promise<Stored> {
    const image = join(this.harness.directory, 'images', String(++this.#count));
    await sandbox.link.quiesce();
    await this.snapshots.checkpoint(sandbox.id, image, soon());
    return { image, spec, kernelId, messages: client.messages, executing };
  }

  async restore({ image, spec, kernelId }: Stored): Promise<Restored> {
    const again = { ...spec, sandboxId: newSandboxId(systemRandom) };
    const sandbox = await this.snapshots.restore(again, image, soon());
    const client = new KernelClient(sandbox.link, kernelId);
    await sandbox.link.takeOver();
    return { sandbox, client };
  }

  async change(path: string, how: (value: Record<string, unknown>) => object): Promise<void> {
    await writeFile(path, JSON.stringify(how(JSON.parse(await readFile(path, 'utf8')))));
  }

  close(): Promise<void> {
    return this.harness.close();
  }
}
