import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '@cellbook/shared/clock.ts';
import { newSandboxId, newWorkspaceId, type SandboxId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SandboxSpec } from '../driver.ts';
import { testLimits } from '../testing/limits.ts';
import { ChildSnapshots } from './child-snapshots.ts';
import type { IsolationMemory } from './isolation.ts';
import { SandboxRecords } from './records.ts';
import { Shells } from './shells.ts';

const fingerprint = { runtime: 'test', platform: 'test', cpuFeatures: 'none', imageDigest: 'none' };
const supervisor = { directory: 'none', digest: '00' };
const shape = { memoryBytesMax: 1, pidsMax: 1, home: 'slot' as const };
const hello = { protoMin: 1, protoMax: 1, build: 'test', lastSeq: 0, python: '3', ipykernel: null };
const keepsake = { hello, sentSeq: 0, heardSeq: 0, attachments: 1, notes: [], held: '' };
const program = `require('fs').writeSync(3, 'x'); setInterval(() => undefined, 1000);`;
const { signal } = new AbortController();

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cellbook-child-snapshots-'));
  const described = { formatVersion: 1, fingerprint, supervisorDigest: supervisor.digest, shape, keepsake };
  await writeFile(join(directory, 'snapshot.json'), JSON.stringify(described));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const unused = () => {
  throw new Error('not asked for');
};
const memory: IsolationMemory = {
  fingerprint,
  supervisorOf: async () => supervisor,
  ...{ freeze: unused, thaw: unused, save: unused, prepareRestore: unused, prepareMember: unused },
  attach: unused,
  shells: {
    prepare: async () => ({ argv: [process.execPath, '-e', program], environment: {} }),
    enter: async () => '',
  },
  told: () => ({ settings: {}, environment: {}, entropy: Buffer.alloc(0) }),
};

/** A restore into one that was made ahead, where nothing comes up: what was done, in its order. */
async function restoring(clear: () => Promise<void>): Promise<{ steps: string[]; failed: unknown }> {
  const clock = new ManualClock();
  const steps: string[] = [];
  const spec: SandboxSpec = {
    ...{ sandboxId: newSandboxId(systemRandom), workspaceId: newWorkspaceId(systemRandom), epoch: 1 },
    ...{ homeDirectory: directory, limits: testLimits, environment: {} },
  };
  const nameOf = (id: SandboxId) => (id === spec.sandboxId ? 'its own' : 'the one made ahead');
  const inside = {
    running: () => undefined,
    directory: () => directory,
    clear: (id: SandboxId) => {
      steps.push(`clear ${nameOf(id)}`);
      return clear();
    },
    bringUp: async ({ sandboxId }: SandboxSpec, { made }: { made?: { child: { kill(): void } } }) => {
      steps.push(`start ${nameOf(sandboxId)}`);
      made?.child.kill();
      throw new Error('it does not come up');
    },
  };
  const records = new SandboxRecords(join(directory, 'records'));
  const about = { runtime: 'test', imageDigest: 'none' };
  const { shells: isolation } = memory;
  const ended = async () => undefined;
  const shells = new Shells({
    isolation,
    records,
    about,
    clear: ended,
    clock,
    random: systemRandom,
    log: null,
  });
  shells.want({ shape, supervisor });
  await clock.advance(limits.sandbox.shellDelayMs);
  await expect.poll(() => shells.ready, { timeout: 20_000 }).toBe(1);
  const snapshots = new ChildSnapshots(memory, inside, clock, shells);
  const failed: unknown = await snapshots.restore(spec, directory, signal).catch((error: unknown) => error);
  await shells.drop();
  return { steps, failed };
}

test('what is left of one made ahead is cleared before another is started', async () => {
  const { steps } = await restoring(async () => undefined);
  expect(steps).toEqual(['start the one made ahead', 'clear the one made ahead', 'start its own']);
});

test('none is started beside one that cannot be cleared', async () => {
  const { steps, failed } = await restoring(async () => {
    throw new Error('it is stuck');
  });
  expect(steps).toEqual(['start the one made ahead', 'clear the one made ahead']);
  expect(failed).toMatchObject({ message: 'it is stuck' });
});
