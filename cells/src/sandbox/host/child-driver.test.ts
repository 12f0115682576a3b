import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { newSandboxId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Sandbox } from '../driver.ts';
import { encodeEnvelope, frameHeader, frameType } from '../link/frames.ts';
import { testLimits } from '../testing/limits.ts';
import { ChildDriver } from './child-driver.ts';
import { connectLink } from './connect-link.ts';
import type { Isolation } from './isolation.ts';
import { SandboxRecords } from './records.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cellbook-child-driver-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const hello = encodeEnvelope({
  protoMin: 1,
  protoMax: 1,
  build: 'test',
  lastSeq: 0,
  python: '3',
  ipykernel: null,
});

/** Greets as it should, writes what is no frame when it is told anything, and never ends by itself. */
const rogue = `
process.stdout.write(Buffer.from('${Buffer.concat([frameHeader(frameType.hello, 0, 1, hello.length), hello]).toString('hex')}', 'hex'));
process.stdin.once('data', () => process.stdout.write('x'.repeat(100)));
process.stdin.on('end', () => undefined);
setInterval(() => undefined, 1000);`;

function driver(prepared: Promise<void> = Promise.resolve()): ChildDriver<Sandbox> {
  const isolation: Isolation = {
    kind: 'process',
    version: 'test',
    imageDigest: 'none',
    supervisor: { directory: 'none', digest: 'none' },
    memory: null,
    prepare: async () => {
      await prepared;
      return { argv: [process.execPath, '-e', rogue], environment: {} };
    },
    outOfMemoryKills: () => 0,
    clear: async () => undefined,
  };
  return new ChildDriver(isolation, new SandboxRecords(directory), systemClock, connectLink);
}

it('ends a sandbox that broke the protocol: nobody can reach it any more', async () => {
  const own = driver();
  const sandbox = await own.start(
    {
      sandboxId: newSandboxId(systemRandom),
      workspaceId: newWorkspaceId(systemRandom),
      epoch: 1,
      homeDirectory: directory,
      limits: testLimits,
      environment: {},
    },
    new AbortController().signal,
  );
  await expect(sandbox.link.listKernelspecs()).rejects.toMatchObject({ code: 'sandbox_unavailable' });
  expect(await sandbox.exited).toMatchObject({ reason: 'crashed' });
  expect(await own.list()).toEqual([]);
});

it('does not list one that is coming up, which nobody may take for an orphan', async () => {
  const { promise: prepared, resolve: prepare } = Promise.withResolvers<void>();
  const own = driver(prepared);
  const sandboxId = newSandboxId(systemRandom);
  const starting = own.start(
    {
      ...{ sandboxId, workspaceId: newWorkspaceId(systemRandom), epoch: 1 },
      ...{ homeDirectory: directory, limits: testLimits, environment: {} },
    },
    new AbortController().signal,
  );
  const records = new SandboxRecords(directory);
  await expect.poll(() => records.list()).toHaveLength(1);
  expect(await own.list()).toEqual([]);
  prepare();
  const sandbox = await starting;
  expect(await own.list()).toMatchObject([{ sandboxId, attached: true }]);
  await expect(sandbox.link.listKernelspecs()).rejects.toMatchObject({ code: 'sandbox_unavailable' });
  await sandbox.exited;
  expect(await own.list()).toEqual([]);
});

it('lists the others when the record of one was cut short by a crash', async () => {
  const records = new SandboxRecords(directory);
  const record = {
    sandboxId: newSandboxId(systemRandom),
    workspaceId: newWorkspaceId(systemRandom),
    epoch: 1,
    runtime: 'test',
    imageDigest: 'none',
    supervisorDigest: 'none',
  };
  await records.create(record);
  await mkdir(join(directory, 'cut-short'));
  await writeFile(join(directory, 'cut-short', 'sandbox.json'), '{"sandboxId": "sb');
  expect(await records.list()).toEqual([record]);
});
