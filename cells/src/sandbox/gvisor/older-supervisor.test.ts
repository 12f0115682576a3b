/**
 * An image outlives the checkout that made it: one made with the supervisor of the protocol before this one is
 * restored by this one. `testing/supervisors` keeps each protocol's last supervisor as it was.
 */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { execute } from '../quota/execute.ts';
import { startKernel } from '../testing/harness.ts';
import { SnapshotHarness } from '../testing/snapshot-harness.ts';
import { sandboxTools } from '../testing/tools.ts';
import { createGvisorDriver } from './driver.ts';

const archive = resolve(import.meta.dirname, '../testing/supervisors/build-1.tar.gz');
const soon = () => AbortSignal.timeout(60_000);

let harness: SnapshotHarness;
beforeAll(async () => {
  harness = await SnapshotHarness.create('gvisor');
});
afterAll(() => harness.close(), 60_000);

it('restores what the supervisor of protocol 1 was stored with, variables, terminal and numbers', {
  timeout: 120_000,
}, async () => {
  const supervisorSource = join(harness.harness.directory, 'build-1');
  await mkdir(supervisorSource);
  await execute(['tar', '-xzf', archive, '-C', supervisorSource], 'unpacking an older supervisor');
  const older = await createGvisorDriver({
    ...sandboxTools(),
    ...{ stateDirectory: join(harness.harness.directory, 'older'), supervisorSource },
    ...{ clock: systemClock, random: systemRandom },
  });
  const spec = await harness.spec();
  const sandbox = await older.start(spec, soon());
  expect(sandbox.link.hello).toMatchObject({ build: '1', protoMax: 1 });
  const { kernelId, client } = await startKernel(sandbox.link);
  await client.run('kept = [1, 2]');
  await sandbox.link.openTerminal({ name: 't', columns: 80, rows: 24, directory: '' });
  const image = join(harness.harness.directory, 'images', 'older');
  await sandbox.link.quiesce();
  await older.snapshots?.checkpoint(sandbox.id, image, soon());

  const stored = { image, spec, kernelId, messages: client.messages, executing: null };
  const back = await harness.restore(stored);
  expect(back.sandbox.link.hello).toMatchObject({ build: '1' });
  expect(back.sandbox.link.inherited).toMatchObject({ kernels: [kernelId], terminals: [{ name: 't' }] });
  expect((await back.client.run('kept')).result).toBe('[1, 2]');
  const heard = Math.max(...client.messages.map(({ seq }) => seq));
  expect(Math.min(...back.client.messages.map(({ seq }) => seq))).toBe(heard + 1);
  expect((await startKernel(back.sandbox.link)).info).toMatchObject({ status: 'ok' });
  await harness.driver.destroy(back.sandbox.id);
});
