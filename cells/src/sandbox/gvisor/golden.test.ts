/** Members of a pool: restored from one golden image, nobody's until they are claimed. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newSandboxId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { environmentName } from '../../environments/layout.ts';
import { nobody, type Sandbox, type SandboxPool, type SandboxSpec } from '../driver.ts';
import { makeGoldenImage, pythonRecipe } from '../golden/make-golden-image.ts';
import { KernelClient } from '../testing/kernel-client.ts';
import { testLimits } from '../testing/limits.ts';
import { SnapshotHarness } from '../testing/snapshot-harness.ts';

const timed = { timeout: 120_000 };
const soon = () => AbortSignal.timeout(60_000);
let harness: SnapshotHarness;
let pool: SandboxPool;
let image: string;

beforeAll(async () => {
  harness = await SnapshotHarness.create('gvisor');
  if (!harness.driver.pool) throw new Error('this driver has no pool');
  pool = harness.driver.pool;
  image = join(harness.harness.directory, 'golden');
  const order = { directory: image, limits: testLimits, recipe: pythonRecipe, random: systemRandom };
  await makeGoldenImage(harness.driver, order, soon());
}, 120_000);
afterAll(() => harness.close(), 60_000);

async function member(): Promise<Sandbox> {
  const sandboxId = newSandboxId(systemRandom);
  const spec = { sandboxId, limits: testLimits, environment: {} };
  const sandbox = await pool.restoreMember(spec, image, soon());
  await sandbox.link.takeOver();
  return sandbox;
}

async function claim(sandbox: Sandbox, changes: Partial<SandboxSpec> = {}) {
  const spec = { ...(await harness.spec()), workspaceId: newWorkspaceId(systemRandom), epoch: 3, ...changes };
  const claimed = await pool.claim({ ...spec, sandboxId: sandbox.id }, soon());
  return { spec, sandbox: claimed };
}

async function firstKernel({ link }: Sandbox, environment: Record<string, string> = {}) {
  const kernelId = harness.kernel();
  const client = new KernelClient(link, kernelId);
  const info = await link.startKernel({ kernelId, kernelspec: 'python3', directory: '', environment });
  return { kernelId, client, info };
}

it(
  'is nobody’s until it is claimed, then the workspace’s, with its files, environment and a kernel that was ready',
  timed,
  async () => {
    const waiting = await member();
    expect(await harness.driver.list()).toMatchObject([{ sandboxId: waiting.id, workspaceId: nobody }]);
    const home = await harness.spec();
    await writeFile(join(home.homeDirectory, 'mine.txt'), 'mine');
    const { spec, sandbox } = await claim(waiting, { ...home, environment: { GIVEN: 'yes' } });
    expect(await harness.driver.list()).toMatchObject([{ workspaceId: spec.workspaceId, epoch: spec.epoch }]);
    await sandbox.link.setEnvironment({ A_SECRET: 'kept' });
    const { client, info } = await firstKernel(sandbox, { ASKED: 'too' });
    expect(info).toMatchObject({ status: 'ok', implementation: 'ipython' });
    const imported = await client.run('import sys\n"pandas" in sys.modules, get_ipython().execution_count');
    expect(imported.result).toBe('(True, 1)');
    expect(imported.reply).toMatchObject({ execution_count: 1 });
    const names = '[name for name in dir() if not name.startswith("_")]';
    const fresh = await firstKernel(sandbox);
    await fresh.client.run('import sys');
    expect((await client.run(names)).result).toBe((await fresh.client.run(names)).result);
    const found =
      'import os\nopen("made", "w").write("x")\nprint(open("mine.txt").read(), os.getcwd(), *map(os.environ.get, ["GIVEN", "A_SECRET", "ASKED", "CELLBOOK_WORKSPACE_ID"]))';
    expect((await client.run(found)).text).toBe(`mine /home/user yes kept too ${spec.workspaceId}\n`);
    expect(await readFile(join(spec.homeDirectory, 'made'), 'utf8')).toBe('x');
    expect(existsSync(join(spec.homeDirectory, '.ipython/profile_default/history.sqlite'))).toBe(true);
    await harness.driver.destroy(sandbox.id);
    expect(await readFile(join(spec.homeDirectory, 'mine.txt'), 'utf8')).toBe('mine');
    expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain(sandbox.id);
  },
);

it('draws what no other member of the image draws, and names its sessions otherwise', timed, async () => {
  const draw =
    'import random, numpy, uuid, ssl\nprint(random.random(), numpy.random.random(), ssl.RAND_bytes(8).hex(), get_ipython().kernel.session.session)';
  const said = [];
  for (const _ of [1, 2]) {
    const { sandbox } = await claim(await member());
    const { client } = await firstKernel(sandbox);
    said.push((await client.run(draw)).text.trim().split(' '));
    await harness.driver.destroy(sandbox.id);
  }
  const [one = [], other = []] = said;
  for (const [index, drawn] of one.entries()) expect(other[index]).not.toBe(drawn);
});

it('gives whoever has settled more than it knows a kernel of his own', timed, async () => {
  const home = await harness.spec();
  const packages = join(home.homeDirectory, environmentName, 'lib/python3.11/site-packages');
  await mkdir(join(packages, 'pandas'), { recursive: true });
  await writeFile(join(packages, 'pandas/__init__.py'), 'mine = 7');
  const { sandbox } = await claim(await member(), home);
  const { client } = await firstKernel(sandbox);
  expect((await client.run('import pandas; pandas.mine')).result).toBe('7');
  const second = await firstKernel(sandbox);
  expect((await second.client.run('1 + 1')).result).toBe('2');
  await harness.driver.destroy(sandbox.id);

  const { sandbox: other } = await claim(await member());
  const seeded = await firstKernel(other, { PYTHONHASHSEED: '0' });
  expect((await seeded.client.run('import sys; sys.flags.hash_randomization')).result).toBe('0');
  await harness.driver.destroy(other.id);
});

it('is claimed once', timed, async () => {
  const waiting = await member();
  const claims = await Promise.allSettled([claim(waiting), claim(waiting)]);
  expect(claims.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  await harness.driver.destroy(waiting.id);
});

it('ends where its claim fails halfway, and leaves the files alone', timed, async () => {
  const waiting = await member();
  const home = await harness.spec();
  await expect(
    claim(waiting, { ...home, homeDirectory: `${home.homeDirectory}-missing` }),
  ).rejects.toMatchObject({
    code: 'sandbox_unavailable',
  });
  expect(await waiting.exited).toEqual({ reason: 'stopped' });
  expect((await harness.driver.list()).map(({ sandboxId }) => sandboxId)).not.toContain(waiting.id);
});

it('is stored and restored like any other once it is somebody’s', timed, async () => {
  const { spec, sandbox } = await claim(await member());
  const { kernelId, client } = await firstKernel(sandbox);
  await client.run('log = open("log", "a"); kept = 5');
  const stored = await harness.storeRunning({ sandbox, client }, { spec, kernelId, executing: null });
  const back = await harness.restore(stored);
  expect((await back.client.run('log.write("more"); log.flush(); kept')).result).toBe('5');
  expect(await readFile(join(spec.homeDirectory, 'log'), 'utf8')).toBe('more');
  await harness.driver.destroy(back.sandbox.id);
});
