/** Real sandboxes that are made ahead of the images that come into them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { newSandboxId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Sandbox, SandboxDriver } from '../driver.ts';
import { eventually, startKernel } from '../testing/harness.ts';
import { KernelClient } from '../testing/kernel-client.ts';
import { SnapshotHarness } from '../testing/snapshot-harness.ts';
import { sandboxTools } from '../testing/tools.ts';
import { createGvisorDriver } from './driver.ts';

let harness: SnapshotHarness;
let driver: SandboxDriver;
const state = () => join(harness.harness.directory, 'state');
const soon = () => AbortSignal.timeout(60_000);

beforeAll(async () => {
  harness = await SnapshotHarness.create('gvisor');
  driver = await createGvisorDriver({
    ...sandboxTools(),
    ...{ stateDirectory: state(), clock: systemClock, random: systemRandom, makesAhead: true },
  });
}, 120_000);
afterAll(async () => {
  await driver.ahead?.drop();
  for (const { sandboxId } of await driver.list()) await driver.destroy(sandboxId);
  await harness.close();
}, 120_000);

const recorded = () => readdir(join(state(), 'sandboxes'));
const mounts = async () => (await readFile('/proc/self/mounts', 'utf8')).split(state()).length - 1;
/** The one that is nobody's and ready. */
const made = async () => {
  const listed = (await driver.list()).map(({ sandboxId }) => sandboxId);
  return (await recorded()).find((sandboxId) => !listed.some((id) => id === sandboxId));
};

it('brings a workspace back into a sandbox that was there before, with its memory, files and a way to end it', async () => {
  const spec = await harness.spec();
  const { limits, environment } = spec;
  await driver.pool!.startMember({ sandboxId: spec.sandboxId, limits, environment }, soon());
  let sandbox: Sandbox = await driver.pool!.claim(spec, soon());
  const { kernelId, client } = await startKernel(sandbox.link);
  await client.run('x = 1\nopen("file.txt", "w").write("here")');
  const goOn = async (count: number) => {
    const image = join(harness.harness.directory, `image-${count}`);
    await sandbox.link.quiesce();
    await driver.snapshots!.checkpoint(sandbox.id, image, soon());
    const again = { ...spec, sandboxId: newSandboxId(systemRandom) };
    const expected = count === 0 ? null : await made();
    sandbox = await driver.snapshots!.restore(again, image, soon());
    // The first time it is early or late, as it happens.
    if (expected !== null) expect(sandbox.id).toBe(expected);
    expect(sandbox.workspaceId).toBe(spec.workspaceId);
    const back = new KernelClient(sandbox.link, kernelId);
    await sandbox.link.takeOver();
    return (await back.run(`x += 1\nprint(x, open("file.txt").read())`)).text;
  };
  expect(await goOn(0)).toBe('2 here\n');
  for (const count of [1, 2]) {
    await expect.poll(() => driver.ahead?.ready, { timeout: 60_000 }).toBe(1);
    // It is nobody's, and no orphan that somebody would clean up.
    expect(await driver.list()).toMatchObject([{ sandboxId: sandbox.id, attached: true }]);
    expect(await goOn(count)).toBe(`${count + 2} here\n`);
  }

  const ended = sandbox.exited;
  await driver.destroy(sandbox.id);
  expect(await ended).toEqual({ reason: 'stopped' });
  await driver.ahead?.drop();
  expect(await recorded()).toEqual([]);
  expect(await mounts()).toBe(0);
}, 240_000);

it('leaves no process and no mount where whoever made it is killed, and a record for its successor', async () => {
  const place = join(harness.harness.directory, 'killed');
  const here = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
  const program = `
    const { createGvisorDriver } = await import(${here('./driver.ts')});
    const { systemClock } = await import('@cellbook/shared/clock.ts');
    const { systemRandom } = await import('@cellbook/shared/random.ts');
    const { Shells } = await import(${here('../host/shells.ts')});
    const driver = await createGvisorDriver({ ...${JSON.stringify(sandboxTools())}, stateDirectory: ${JSON.stringify(place)}, clock: systemClock, random: systemRandom, makesAhead: true });
    const digest = (await (await import('node:fs/promises')).readdir(${JSON.stringify(join(place, 'supervisor'))}))[0];
    const supervisor = { digest, directory: ${JSON.stringify(join(place, 'supervisor'))} + '/' + digest };
    driver.ahead.want({ shape: { memoryBytesMax: 2 ** 28, pidsMax: 64, home: 'slot' }, supervisor });
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'ignore', 'inherit'],
    cwd: import.meta.dirname,
  });
  const inside = () => readdir(join(place, 'sandboxes')).catch(() => []);
  const processes = async () => {
    const [sandboxId] = await inside();
    const all = await readdir('/proc').catch(() => []);
    const commands = await Promise.all(
      all
        .filter((name) => /^\d+$/.test(name))
        .map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
    );
    return commands.filter(
      (text) => sandboxId !== undefined && text.includes(sandboxId) && text.includes('runsc'),
    ).length;
  };
  await expect.poll(processes, { timeout: 60_000 }).toBeGreaterThanOrEqual(2);
  await eventually(async () => {
    const [sandboxId] = await inside();
    const files = await readdir(join(place, 'sandboxes', `${sandboxId}`, 'runsc')).catch(() => []);
    return files.some((name) => name.endsWith('.state'));
  });
  child.kill('SIGKILL');
  await once(child, 'exit');
  await expect.poll(processes, { timeout: 60_000 }).toBe(0);
  await expect
    .poll(async () => (await readFile('/proc/self/mounts', 'utf8')).includes(place), { timeout: 60_000 })
    .toBe(false);
  const successor = await createGvisorDriver({
    ...sandboxTools(),
    ...{ stateDirectory: place, clock: systemClock, random: systemRandom },
  });
  for (const { sandboxId } of await successor.list()) await successor.destroy(sandboxId);
  expect(await inside()).toEqual([]);
}, 240_000);
