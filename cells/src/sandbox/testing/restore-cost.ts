/**
 * What gVisor itself takes to bring an image of memory back, with nothing before, beside or behind it: a kernel with
 * pandas and 100 MB of random arrays, its image in the clear and in the page cache, restored again and again through
 * the driver; by turns into a sandbox that is made then, and into one made ahead (host/shells.ts). It is what a resume
 * from memory cannot be quicker than.
 *
 *     node cells/src/sandbox/testing/restore-cost.ts [RESTORES]
 *
 * prints every figure as one line of JSON: milliseconds to the supervisor's HELLO and to the first cell's result.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { newSandboxId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { z } from 'zod';
import type { SandboxDriver } from '../driver.ts';
import { createGvisorDriver } from '../gvisor/driver.ts';
import { eventually, Harness, removeCgroups, startKernel } from './harness.ts';
import { KernelClient } from './kernel-client.ts';
import { sandboxTools } from './tools.ts';

// One image that is restored again and again finds in its history what the restore before has written there, and says so.
const state = `
get_ipython().history_manager.enabled = False
import numpy, pandas
arrays = [numpy.random.default_rng().random(125_000) for _ in range(100)]
frame = pandas.DataFrame({'first': arrays[0], 'second': arrays[1]})`;
const cell = 'print(frame["second"].head(100).mean() > 0)';

type Into = 'made' | 'madeAhead';

const soon = () => AbortSignal.timeout(60_000);
const restores = z.coerce
  .number()
  .int()
  .min(1)
  .max(1_000)
  .parse(process.argv[2] ?? 5);

const harness = await Harness.create('gvisor');
const image = join(harness.directory, 'image');
const stateDirectory = join(harness.directory, 'ahead');
const ahead = await createGvisorDriver({
  ...{ ...sandboxTools(), stateDirectory, clock: systemClock, random: systemRandom },
  makesAhead: true,
});
try {
  const spec = await harness.spec();
  const kernelId = await store(ahead);
  const samples = [];
  await restore(harness.driver, 'made');
  for (let count = 0; count < restores; count++)
    for (const into of ['made', 'madeAhead'] as const)
      samples.push({ into, ...(await restoreQuietly(into === 'made' ? harness.driver : ahead, into)) });
  console.log(JSON.stringify({ imageBytes: await sizeOf(image), samples }));

  /** As a workspace's is that came out of a pool: such a one finds a sandbox made ahead. */
  async function store({ pool, snapshots }: SandboxDriver) {
    if (!pool || !snapshots) throw new Error('this runsc keeps no memory');
    const { sandboxId, limits, environment } = spec;
    await pool.startMember({ sandboxId, limits, environment }, soon());
    const { link } = await pool.claim(spec, soon());
    const { kernelId, client } = await startKernel(link);
    const { reply } = await client.run(state, 60_000);
    if (reply.status !== 'ok') throw new Error(`it did not run: ${String(reply.evalue)}`);
    await link.quiesce();
    await snapshots.checkpoint(sandboxId, image, soon());
    return kernelId;
  }

  /** When the next one made ahead is ready, so that nothing is made beside it. */
  async function restoreQuietly(driver: SandboxDriver, into: Into) {
    await eventually(() => (ahead.ahead?.ready ?? 0) > 0);
    return restore(driver, into);
  }

  async function restore(driver: SandboxDriver, into: Into) {
    const begunMs = systemClock.monotonicMs();
    const again = { ...spec, sandboxId: newSandboxId(systemRandom) };
    const sandbox = await driver.snapshots!.restore(again, image, soon());
    const helloMs = systemClock.monotonicMs() - begunMs;
    const client = new KernelClient(sandbox.link, kernelId);
    await sandbox.link.takeOver();
    const { text } = await client.run(cell);
    const cellMs = systemClock.monotonicMs() - begunMs;
    await driver.destroy(sandbox.id);
    // One that is made ahead has an id already.
    const found = sandbox.id === again.sandboxId ? 'made' : 'madeAhead';
    if (found !== into) throw new Error(`it was ${found}, and was to be ${into}`);
    if (text !== 'True\n') throw new Error(`its first cell said ${text}`);
    return { helloMs, cellMs };
  }
} finally {
  await ahead.ahead?.drop();
  for (const { sandboxId } of await ahead.list()) await ahead.destroy(sandboxId);
  await harness.close();
  await removeCgroups(stateDirectory);
}

async function sizeOf(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size);
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
}
