import { ManualClock } from '@cellbook/shared/clock.ts';
import { CellbookError, type ErrorCode } from '@cellbook/shared/errors.ts';
import { hostIdSchema, newSandboxId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { expect, test } from 'vitest';
import { LocalSandboxHost } from '../host/local-sandbox-host.ts';
import type { SandboxHost } from '../host/sandbox-host.ts';
import { NoSandboxes } from '../sandbox/none/driver.ts';
import { imageKeySchema } from '../snapshots/image-key.ts';
import type { KeptImage } from '../snapshots/image-shelf.ts';
import type { ClimbFacts } from './climb.ts';
import type { Rest } from './rest.ts';
import { type WakeTools, wake } from './wake.ts';

const random = seededRandom(7);
const here = { runtime: 'runsc', platform: 'systrap', cpuFeatures: 'abc', imageDigest: 'def' };
const workspaceId = newWorkspaceId(random);
const frozen: Rest = {
  ...{ workspaceId, epoch: 4, tier: 'free', hostId: hostIdSchema.parse('a') },
  ...{ sandboxId: newSandboxId(random), image: null, remote: false, suspendedAtMs: 0, dueAtMs: 1 },
};
const stored: Rest = { ...frozen, image: { bytes: 1, fingerprint: here } };
const facts = (rest: Rest | null): ClimbFacts => {
  return {
    rest,
    whyNoRest: { cause: 'not_kept', why: 'x' },
    isAtRest: true,
    here,
    hasMember: false,
    nowMs: 9,
  };
};
const fails = (code: ErrorCode) => async () => {
  throw new CellbookError(code, { doing: 'trying', problem: `it is ${code}` });
};

/** A host that does what it is told to, and how often it was asked to start. */
function tools(does: Partial<Pick<SandboxHost, 'thaw' | 'start'>>, more: Partial<WakeTools> = {}) {
  const clock = new ManualClock();
  const host = new LocalSandboxHost({
    hostId: hostIdSchema.parse('a'),
    driver: new NoSandboxes({ warn() {} }),
    capacity: 3,
  });
  const starts: (KeptImage | undefined)[] = [];
  const start = does.start ?? host.start.bind(host);
  Object.assign(host, does, {
    start: (...args: Parameters<SandboxHost['start']>) => {
      starts.push(args[2]);
      return start(...args);
    },
  });
  const spec = () => ({
    ...{ sandboxId: newSandboxId(random), workspaceId, epoch: 5, homeDirectory: '/tmp', environment: {} },
    limits: { memoryBytesMax: 1, cpuMillisMax: 1, pidsMax: 1, diskBytesMax: 1 },
  });
  return { starts, host, spec, makeRoom: async () => false, imageKey: async () => key, ...more, clock };
}
const key = imageKeySchema.parse(random.bytes(32));
const never = () => new Promise<never>(() => {});
const signal = new AbortController().signal;
/** Said after what went wrong. */
const notFrozen = expect.objectContaining({ rung: 'live', cause: 'not_kept' });
const nothingReady = expect.objectContaining({ rung: 'files', cause: 'unsupported' });

test('a frozen sandbox that is gone is said so, and the workspace boots', async () => {
  const given = tools({ thaw: async () => null });
  const climbed = await wake(given, facts(frozen), signal);
  const why = expect.stringContaining('gone');
  expect(climbed).toEqual({ rung: 'cold', missed: [{ rung: 'live', cause: 'gone', why }, nothingReady] });
  expect(given.starts).toEqual([undefined]);
});

test('an image that does not come back falls to a boot in the same resume', async () => {
  const given = tools({});
  const start = given.host.start;
  given.host.start = (spec, both, image) =>
    image === undefined ? start(spec, both) : fails('snapshot_incompatible')();
  const climbed = await wake(given, facts(stored), signal);
  expect(climbed).toMatchObject({
    rung: 'cold',
    missed: [
      { rung: 'memory', cause: 'incompatible', why: 'it is snapshot_incompatible' },
      notFrozen,
      nothingReady,
    ],
  });
});

test('a rung that takes longer than its budget is given up for the next', async () => {
  const given = tools({ thaw: never });
  const waking = wake(given, facts(frozen), signal);
  await given.clock.advance(limits.ladder.budgetMs.live + 1);
  expect(await waking).toMatchObject({
    rung: 'cold',
    missed: [{ rung: 'live', cause: 'slow' }, nothingReady],
  });
});

test('whoever has been replaced climbs no further', async () => {
  const given = tools({ thaw: fails('stale_epoch') });
  await expect(wake(given, facts(frozen), signal)).rejects.toMatchObject({ code: 'stale_epoch' });
  expect(given.starts).toEqual([]);
});

test('a full host is started on again once room was made, and refuses as before where none could be', async () => {
  let isFull = true;
  const makeRoom = async () => {
    isFull = false;
    return true;
  };
  const given = tools({}, { makeRoom });
  const start = given.host.start;
  given.host.start = (...args) => (isFull ? fails('capacity_exhausted')() : start(...args));
  expect(await wake(given, facts(null), signal)).toMatchObject({ rung: 'cold' });

  isFull = true;
  const refused = { ...given, makeRoom: async () => false };
  await expect(wake(refused, facts(null), signal)).rejects.toMatchObject({ code: 'capacity_exhausted' });
});

test('an image that no key opens is not asked for, and the workspace boots', async () => {
  const given = tools({}, { imageKey: async () => null });
  const climbed = await wake(given, facts(stored), signal);
  expect(climbed).toMatchObject({
    rung: 'cold',
    missed: [{ rung: 'memory', why: 'no key opens its image' }, notFrozen, nothingReady],
  });
  expect(given.starts).toEqual([undefined]);
});

test('one that was damaged on its host comes from the object store', async () => {
  const given = tools({});
  const start = given.host.start;
  given.host.start = (spec, both, image) =>
    image && !image.remoteOf ? fails('sandbox_unavailable')() : start(spec, both);
  const climbed = await wake(given, facts({ ...stored, remote: true }), signal);
  expect(climbed).toMatchObject({
    rung: 'memory-remote',
    missed: [{ rung: 'memory', cause: 'failed' }, notFrozen],
  });
});
