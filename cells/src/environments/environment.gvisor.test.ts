/** What is installed in a sandbox, through cold and memory, on another host, and without any network. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { newSandboxId, type OrgId, type WorkspaceId } from '@cellbook/shared/ids.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import { createMetrics } from '@cellbook/shared/metrics.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Egress } from '../egress/egress.ts';
import { createMemoryEgressLog } from '../egress/memory-egress-log.ts';
import { ruleOfUrl } from '../egress/rules.ts';
import { type PackageIndex, startPackageIndex } from '../egress/testing/package-index.ts';
import type { Sandbox, SandboxDriver } from '../sandbox/driver.ts';
import { createGvisorDriver } from '../sandbox/gvisor/driver.ts';
import { eventually, startKernel } from '../sandbox/testing/harness.ts';
import { KernelClient } from '../sandbox/testing/kernel-client.ts';
import { testLimits } from '../sandbox/testing/limits.ts';
import { sandboxTools } from '../sandbox/testing/tools.ts';
import { layersPrefix } from './org-objects.ts';
import { createRebuilder } from './rebuild.ts';
import { createBed, signal, site } from './testing/environment-bed.ts';

const timed = { timeout: 180_000 };
const bed = createBed();
const orgId: OrgId = bed.newOrg();

let directory: string;
let index: PackageIndex;
let egress: Egress;
let driver: SandboxDriver;
type Host = Awaited<ReturnType<typeof bed.host>>;
let one: Host;
let other: Host;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cellbook-installed-'));
  index = await startPackageIndex();
  const indexUrl = `http://mirror.test:${index.port}/simple/`;
  egress = new Egress({
    ...{ policy: { rules: [ruleOfUrl(indexUrl)], indexUrl }, log: createMemoryEgressLog() },
    ...{ clock: systemClock, logger: silentLogger, metrics: createMetrics(), random: systemRandom },
    resolve: async () => ['127.0.0.1'],
  });
  driver = await createGvisorDriver({
    ...{ ...sandboxTools(), stateDirectory: join(directory, 'state'), clock: systemClock },
    ...{ random: systemRandom, egress },
  });
  one = await bed.host('eu-1-a');
  other = await bed.host('eu-1-b');
}, 120_000);
afterAll(async () => {
  for (const { sandboxId } of await driver.list()) await driver.destroy(sandboxId);
  await egress.closeAll();
  await index.close();
  await bed.close();
  await rm(directory, { recursive: true, force: true });
}, 60_000);

const specOf = (workspaceId: WorkspaceId, homeDirectory: string, epoch: number) => ({
  ...{ sandboxId: newSandboxId(systemRandom), workspaceId, epoch, homeDirectory },
  ...{ limits: testLimits, environment: {} },
});

async function start(host: Host, workspaceId: WorkspaceId, epoch: number) {
  const { directory: home } = await host.volumes.attach(workspaceId, epoch, signal());
  const spec = specOf(workspaceId, home, epoch);
  return { home, spec, sandbox: await driver.start(spec, signal()) };
}

async function putAway(host: Host, workspaceId: WorkspaceId, epoch: number) {
  await host.volumes.flush(workspaceId, epoch, signal());
  await host.volumes.detach(workspaceId, epoch);
}

async function created() {
  const id = await bed.workspace(orgId);
  await one.volumes.create(id);
  return id;
}

const install = async ({ link }: Sandbox, client: KernelClient) => {
  await eventually(async () => {
    const code = 'import socket; socket.create_connection(("127.0.0.1", 3128), 2)';
    const command = { argv: ['python3', '-c', code], directory: '', timeoutMs: 10_000, outputBytesMax: 1e6 };
    return (await link.run(command)).exitCode === 0;
  });
  // In the kernel that was there before anything was installed, as a notebook does it.
  return (await client.run('%pip install cellbook-probe', 60_000)).text;
};

it(
  'a package installed in a notebook is there after cold on another host, without a network and without a file of it on the first',
  timed,
  async () => {
    const id = await created();
    const { spec, sandbox } = await start(one, id, 1);
    const { client } = await startKernel(sandbox.link);
    expect(await install(sandbox, client)).toContain('Successfully installed cellbook-probe-1.2.3');
    expect((await client.run('import cellbook_probe; cellbook_probe.ANSWER')).result).toBe('42');
    await driver.destroy(spec.sandboxId);
    await putAway(one, id, 1);
    const asked = index.requests.length;

    const again = await start(other, id, 2);
    const before = await readdir(join(again.home, site, '__pycache__'));
    const { client: kernel } = await startKernel(again.sandbox.link);
    expect((await kernel.run('import cellbook_probe; cellbook_probe.ANSWER')).result).toBe('42');
    expect(await readdir(join(again.home, site, '__pycache__'))).toEqual(before);
    await driver.destroy(again.spec.sandboxId);
    // Nothing was compiled anew and nothing else touched: there is nothing to store.
    const stored = await bed.environments.read(id);
    await putAway(other, id, 2);
    expect(await bed.environments.read(id)).toEqual(stored);
    expect(index.requests).toHaveLength(asked);

    const second = await created();
    const keys = await bed.keysOf(layersPrefix(orgId));
    const neighbour = await start(one, second, 1);
    const { client: theirs } = await startKernel(neighbour.sandbox.link);
    await install(neighbour.sandbox, theirs);
    await driver.destroy(neighbour.spec.sandboxId);
    await putAway(one, second, 1);
    const found = await bed.environments.read(second);
    expect(found?.layer.root).toBe(stored?.layer.root);
    expect(found?.layer.packages).toEqual([
      { name: 'cellbook-probe', version: '1.2.3', record: expect.any(String), url: null },
    ]);
    // Stored once: only the times of its own are new.
    const fresh = (await bed.keysOf(layersPrefix(orgId))).filter((key) => !keys.includes(key));
    expect(fresh.map((key) => key.slice(key.lastIndexOf('/') + 1))).toEqual([found?.layer.times]);
  },
);

it('a kernel that has a package’s file mapped goes on from its memory on another host', timed, async () => {
  const id = await created();
  const { spec, sandbox } = await start(one, id, 1);
  const { kernelId, client } = await startKernel(sandbox.link);
  await install(sandbox, client);
  const map = `import cellbook_probe, mmap, site
file = open(site.getusersitepackages() + "/cellbook_probe-1.2.3.dist-info/METADATA", "rb")
held = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
len(held) > 0`;
  expect((await client.run(map)).result).toBe('True');
  const { snapshots } = driver;
  if (!snapshots) throw new Error('this driver keeps memory');
  const image = join(directory, 'image');
  await sandbox.link.quiesce();
  await snapshots.checkpoint(spec.sandboxId, image, signal());
  await putAway(one, id, 1);

  const { directory: home } = await other.volumes.attach(id, 2, signal());
  const restored = await snapshots.restore(specOf(id, home, 2), image, signal());
  const kernel = new KernelClient(restored.link, kernelId);
  await restored.link.takeOver();
  expect((await kernel.run('held[:17], cellbook_probe.ANSWER')).result).toBe("(b'Metadata-Version:', 42)");
  await driver.destroy(restored.id);
});

it(
  'a layer that is damaged is installed anew from its lockfile, through the sandbox’s own way out',
  timed,
  async () => {
    const id = await created();
    const begun = await start(one, id, 1);
    const { client } = await startKernel(begun.sandbox.link);
    await install(begun.sandbox, client);
    await driver.destroy(begun.spec.sandboxId);
    await putAway(one, id, 1);
    for (const key of await bed.keysOf(layersPrefix(orgId))) await bed.objects.delete(key);

    const fresh = await bed.host('eu-1-c');
    const { spec, sandbox } = await start(fresh, id, 2);
    expect(await bed.environments.read(id)).toMatchObject({ state: 'damaged' });
    const told: string[] = [];
    const rebuilder = createRebuilder({
      ...{ environments: bed.environments, log: silentLogger },
      tell: (_id, state) => told.push(state),
    });
    const { client: kernel } = await startKernel(sandbox.link);
    await rebuilder.onRunning(id, sandbox, []);
    expect(rebuilder.isBusy(id)).toBe(true);
    await eventually(() => told.includes('ready') || told.includes('failed'), 60_000);
    expect(told).toEqual(['rebuilding', 'ready']);
    expect((await kernel.run('import cellbook_probe; cellbook_probe.ANSWER')).result).toBe('42');
    await driver.destroy(spec.sandboxId);
    await putAway(fresh, id, 2);
    expect(await bed.environments.read(id)).toMatchObject({ state: 'ready', problem: null });
    const { directory: home } = await (await bed.host('eu-1-d')).volumes.attach(id, 3, signal());
    expect(await readdir(join(home, site))).toContain('cellbook_probe.py');
  },
);
